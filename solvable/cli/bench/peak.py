"""How fast the core can be at this moment: the clock of a shared machine moves, and so does what is left of it."""

from __future__ import annotations

import time

from ...integrators.peak import CHAINS, LANES, chains

SECONDS = 0.02


class PeakLoop:
    """Flops per second that this core reaches now."""

    def __init__(self) -> None:
        self.rounds = 10_000
        while self._timed() < SECONDS:
            self.rounds *= 2

    def flops_per_second(self) -> float:
        """One sample, of 20 to 40 ms."""
        return 2.0 * LANES * CHAINS * self.rounds / self._timed()

    def _timed(self) -> float:
        began = time.process_time()
        chains(self.rounds)
        return time.process_time() - began
