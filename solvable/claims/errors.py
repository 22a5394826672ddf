"""The exceptions of the engine: a usage error is the caller's, a claim error is the claim's."""

from __future__ import annotations


class UsageError(ValueError):
    """The request cannot be carried out (unknown claim, unreadable data); one line, exit code 2."""


class ClaimError(Exception):
    """A claim misuses its laboratory (an undeclared rival, shapes that do not fit); its verdict is ERROR."""


class NotApplicable(Exception):
    """A hypothesis fails on this instance; ends the claim at once. The laboratory has recorded the reason."""
