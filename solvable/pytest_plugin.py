"""The pytest plugin: a user's own theorem is one function in the user's own test suite.

Every `Claim` object in a test module is one test, named by its id. It passes when VERIFIED, is skipped when
NOT APPLICABLE, and fails with one screen of detail otherwise. The plugin loads in every pytest run of the
environment, so it imports nothing: a module can hold a claim only if the module that defines claims is loaded
already.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

_DECLARATION = "solvable.claims.declaration"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options for the instances that claims draw."""
    group = parser.getgroup("solvable", "claims of the solvable package")
    group.addoption("--solvable-seed", type=int, default=0, metavar="S", help="seed of the claims' instances")
    group.addoption(
        "--solvable-instances",
        type=int,
        default=1,
        metavar="N",
        help="how many instances each claim must pass",
    )


def pytest_pycollect_makeitem(collector: Any, name: str, obj: object) -> Any:
    """A test for each claim in a module; everything else is left to pytest."""
    declaration = sys.modules.get(_DECLARATION)
    if declaration is None or not isinstance(obj, declaration.Claim):
        return None
    return ClaimItem.from_parent(collector, name=obj.id, claim=obj)


class ClaimFailed(Exception):
    """A claim came out refuted, inconclusive or with an error."""


class ClaimItem(pytest.Item):
    """One claim as a test."""

    def __init__(self, *, claim: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim = claim

    def runtest(self) -> None:
        """Run the claim's instances; skip or fail by the verdict."""
        from solvable.claims.verdicts import Verdict
        from solvable.claims.verification import run_claims

        report = run_claims(
            [self.claim],
            seed=self.config.getoption("--solvable-seed"),
            instances=self.config.getoption("--solvable-instances"),
            targets={self.claim.id: f"{self._file()}::{self.claim.id}"},
        )
        if report.interrupted:
            raise KeyboardInterrupt
        result = report[0]
        if result.verdict is Verdict.NOT_APPLICABLE:
            pytest.skip(f"not applicable: {result.worst.message}")
        if result.verdict is not Verdict.VERIFIED:
            raise ClaimFailed(str(result))

    def _file(self) -> Any:
        """The test module, as one names it from where pytest was called."""
        here = self.config.invocation_params.dir
        return self.path.relative_to(here) if self.path.is_relative_to(here) else self.path

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The detail block of the claim instead of a traceback of the engine."""
        if isinstance(excinfo.value, ClaimFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the claim is defined."""
        return self.path, max(self.claim.line - 1, 0), self.claim.id
