"""torch as it takes part: float64 on one thread, gradients written out, in place; NumPy arrays in and out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import tensor

torch.set_num_threads(1)
BLOCK = 256
"""Steps that are drawn for at a time."""


@torch.inference_mode()
def descend_diagonal(
    X: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, theta0: np.ndarray, steps: int
) -> np.ndarray:
    """Gradient descent on ``beta = u^2 - v^2``, all trajectories at once: ``[u, v] (R, 2d)``."""
    rows, labels, rate = tensor(X), tensor(y), tensor(2 * step_sizes / y.size)[:, None]
    columns = rows.T.contiguous()
    u, v = (half.contiguous() for half in tensor(theta0).chunk(2, dim=1))
    beta, work, r = torch.empty_like(u), torch.empty_like(u), u.new_empty(step_sizes.size, y.size)
    for _ in range(steps):
        torch.add(u, v, out=beta)
        torch.sub(u, v, out=work)
        beta.mul_(work)
        torch.mm(beta, columns, out=r)
        r.sub_(labels).mul_(rate)
        torch.mm(r, rows, out=beta)
        u.addcmul_(u, beta, value=-1)
        v.addcmul_(v, beta)
    return torch.cat([u, v], dim=1).numpy()


@torch.inference_mode()
def descend_sensing(A: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, U: np.ndarray, steps: int) -> np.ndarray:
    """Gradient descent on matrix sensing, all trajectories at once: flat factors ``(R, d r)``."""
    n, d, _ = A.shape
    rows, labels, rate = tensor(A).reshape(n, d * d), tensor(y), tensor(2 * step_sizes / n)[:, None]
    factors = tensor(np.tile(U, (step_sizes.size, 1, 1)))
    for _ in range(steps):
        residual = ((factors @ factors.mT).reshape(-1, d * d) @ rows.T).sub_(labels).mul_(rate)
        factors = torch.baddbmm(factors, (residual @ rows).reshape(-1, d, d), factors, alpha=-1)
    return factors.reshape(step_sizes.size, -1).numpy()


@torch.inference_mode()
def descend_relu(x: np.ndarray, y: np.ndarray, theta: np.ndarray, step_size: float, steps: int) -> np.ndarray:
    """Gradient descent on a univariate ReLU network: ``[a, w, b]``."""
    points, labels = tensor(x), tensor(y)
    a, w, b = (part.clone() for part in tensor(theta).chunk(3))
    z, columns = a.new_empty(a.numel(), y.size), a.new_empty(y.size, 2)
    for _ in range(steps):
        torch.outer(w, points, out=z).add_(b[:, None])
        gate = (z > 0).to(z.dtype)
        z.mul_(gate)
        r = (a @ z).sub_(labels).mul_(step_size / y.size)
        columns[:, 0] = r
        torch.mul(r, points, out=columns[:, 1])
        slope = (gate @ columns).mul_(a[:, None])
        a.sub_(z @ r)
        b.sub_(slope[:, 0])
        w.sub_(slope[:, 1])
    return torch.cat([a, w, b]).numpy()


Draws = Iterator[tuple[torch.Tensor, torch.Tensor]]


def drawn_ahead(y: np.ndarray, noise_std: float, members: int) -> Draws:
    """Samples and noisy labels, each ``(R,)``, of one step after the other, drawn by torch for 256 steps at a time."""
    generator, labels, shape = torch.Generator().manual_seed(0), tensor(y), (BLOCK, members)
    while True:
        chosen = torch.randint(y.size, shape, generator=generator)
        noisy = labels[chosen] + noise_std * (2.0 * torch.randint(2, shape, generator=generator) - 1.0)
        yield from zip(chosen, noisy, strict=True)


@torch.inference_mode()
def wander(X: np.ndarray, step_size: float, theta0: np.ndarray, draws: Draws, steps: int) -> np.ndarray:
    """Single-sample SGD, all trajectories at once; a step's samples and labels are of `draws`: ``[u, v] (R, 2d)``."""
    rows = tensor(X)
    u, v = (half.contiguous() for half in tensor(theta0).chunk(2, dim=1))
    x, beta = torch.empty_like(u), torch.empty_like(u)
    for _ in range(steps):
        chosen, labels = next(draws)
        torch.index_select(rows, 0, chosen, out=x)
        torch.mul(u, u, out=beta).addcmul_(v, v, value=-1)
        r = torch.linalg.vecdot(x, beta).sub_(labels).mul_(2 * step_size)
        x.mul_(r[:, None])
        u.addcmul_(u, x, value=-1)
        v.addcmul_(v, x)
    return torch.cat([u, v], dim=1).numpy()
