r"""SGD on labels with fresh noise, whose implicit bias is towards flat minima:

    theta_{k+1} = theta_k - (h/b) sum_{i in B_k} (f(x_i) - y_i - s xi_{k,i}) grad f(x_i) + m (theta_k - theta_{k-1})

``B_k`` holds b *distinct* samples drawn afresh at every step, as for `SGD` (which this is for s = m = 0), or all of
them; ``xi_{k,i}`` are independent signs or standard Gaussians, one for each output of a sample. At minima of zero loss
the noise keeps residuals of size ``s sqrt(h)`` alive, and they move theta along the minima: to leading order, and
without momentum,

    d theta / dT = -(1/4) P grad tr(Hessian of L)    in the slow time    T = h^2 s^2 k / b,

P the projection onto the tangent space (Blanc et al., arXiv:1904.09080; Damian, Ma and Lee, arXiv:2106.06530; Li, Wang
and Arora, arXiv:2110.06914). Such a run does not converge. The wanted loss, where one is given, is that of the labels
without noise. The clock of a trajectory is ``t = h k``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import choice, hyperparameter, integer
from ..integrators.draws import REPLACEMENT, WHOLE
from ..integrators.label_noise import label_noises
from .row_descent import RowDescent


@dataclass(frozen=True, eq=False)
class LabelNoiseSGD(RowDescent):
    """SGD with ``step_size`` h > 0, ``noise_std`` s >= 0 and ``momentum`` 0 <= m < 1 (numbers or ``(R,)``).

    ``batch_size`` None means the full batch; ``noise`` is "sign" or "gaussian". The full batch looks for the wanted
    loss at every step, smaller batches do every n steps.

    >>> LabelNoiseSGD(0.1, noise_std=0.5, batch_size=None)
    LabelNoiseSGD(step_size=0.1, noise_std=0.5, batch_size=None, noise='sign', momentum=0.0)
    """

    step_size: Any
    noise_std: Any
    batch_size: int | None = 1
    noise: str = "sign"
    momentum: Any = 0.0

    memory: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "noise_std", hyperparameter("noise_std", self.noise_std, minimum=0))
        if self.batch_size is not None:
            object.__setattr__(self, "batch_size", integer("batch_size", self.batch_size, minimum=1))
        choice("noise", self.noise, ("sign", "gaussian"))
        object.__setattr__(self, "momentum", hyperparameter("momentum", self.momentum, minimum=0, below=1))
        self.members()

    @property
    def mode(self) -> int:
        return WHOLE if self.batch_size is None else REPLACEMENT

    @property
    def gaussian(self) -> bool:
        return self.noise == "gaussian"

    @property
    def rolls(self) -> bool:
        return bool(np.any(self.momentum))

    def noise_and_momentum(self, lanes: np.ndarray) -> np.ndarray:
        return np.stack([self.at("noise_std", lanes), self.at("momentum", lanes)])

    def noises(self, n_samples: int, steps: int, *, seed: int = 0, replica: int = 0, n_outputs: int = 1) -> np.ndarray:
        """The xi ``(steps, b)`` of the first `steps` steps of one trajectory, in the order of its `batches`.

        With q = `n_outputs` outputs a sample they are ``(steps, b q)``: q for each sample of the batch.

        >>> LabelNoiseSGD(0.1, noise_std=0.5, batch_size=3).noises(4, 2).tolist()
        [[-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]]
        """
        b = self._batch(n_samples) * integer("n_outputs", n_outputs, minimum=1)
        found = np.empty((steps, b))
        for k in range(steps):
            label_noises(seed, replica, k, b, int(self.gaussian), found[k])
        return found
