"""The ledger of a loop on a depth-2 diagonal network: rows behind those of the method itself.

A tile of p parameters whose method remembers m vectors has the rows theta (p) and memory (m p). Where a ledger is kept
(``dynamics.factors``), theta are the factors, and n + p rows follow: ``sigma``, to which every step adds the weights in
residual space of its first-order term, and the powers of two of the factors (``scaled``). On other models these rows
are missing, and nothing below is called: one branch a step is all that they pay.

A step that is linear in the factors for given residuals moves stored factors as it would move the factors themselves.
"""

from __future__ import annotations

from .compile import helper
from .scaled import EVERY, settle_tile

NO_NORM = 1e-100
"""Length of a gradient that counts as zero: it may consist of stored factors that stand for much smaller ones."""


@helper
def gather(state, size, weight, residual):
    """``sigma += weight * residual``, one weight a lane; sigma lies behind the first `size` rows, the method's own."""
    for i in range(residual.shape[0]):
        for b in range(weight.size):
            state[size + i, b] += weight[b] * residual[i, b]


@helper
def settle_factors(state, p, memory, step, steps):
    """`settle_tile` in time, and after the last step."""
    if step % EVERY == EVERY - 1 or step == steps - 1:
        settle_tile(state, p, memory)
