"""torch as it takes part: float64 on one thread, NumPy arrays in and out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

torch.set_num_threads(1)


def descend_diagonal(
    X: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, theta0: np.ndarray, steps: int
) -> np.ndarray:
    """Gradient descent on ``beta = u^2 - v^2``, all trajectories at once: ``[u, v] (R, 2d)``."""
    rows, labels, h = torch.tensor(X), torch.tensor(y), torch.tensor(step_sizes)[:, None]
    u, v = torch.tensor(theta0).chunk(2, dim=1)
    with torch.no_grad():
        for _ in range(steps):
            g = ((u * u - v * v) @ rows.T - labels) @ rows / labels.numel()
            u, v = u - 2 * h * u * g, v + 2 * h * v * g
    return torch.cat([u, v], dim=1).numpy()


def descend_sensing(A: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, U: np.ndarray, steps: int) -> np.ndarray:
    """Gradient descent on matrix sensing, all trajectories at once: flat factors ``(R, d r)``."""
    n, d, _ = A.shape
    rows, labels, h = torch.tensor(A).reshape(n, d * d), torch.tensor(y), torch.tensor(step_sizes)[:, None, None]
    factors = torch.tensor(np.tile(U, (step_sizes.size, 1, 1)))
    with torch.no_grad():
        for _ in range(steps):
            residual = (factors @ factors.mT).reshape(-1, d * d) @ rows.T - labels
            factors = factors - (2 * h / n) * ((residual @ rows).reshape(-1, d, d) @ factors)
    return factors.reshape(step_sizes.size, -1).numpy()


def descend_relu(x: np.ndarray, y: np.ndarray, theta: np.ndarray, step_size: float, steps: int) -> np.ndarray:
    """Gradient descent on a univariate ReLU network by automatic differentiation: ``[a, w, b]``."""
    points, labels = torch.tensor(x), torch.tensor(y)
    parameters = torch.tensor(theta, requires_grad=True)
    optimizer = torch.optim.SGD([parameters], lr=step_size)
    for _ in range(steps):
        a, w, b = parameters.chunk(3)
        loss = ((torch.relu(torch.outer(points, w) + b) @ a - labels) ** 2).sum() / (2 * labels.numel())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return parameters.detach().numpy()


Draw = Callable[[int], tuple[torch.Tensor, torch.Tensor]]


def samples_and_signs(samples: int, noise_std: float, members: int) -> Draw:
    """Draws of torch's own, a step at a time: samples and noise ``(R,)``."""
    generator = torch.Generator().manual_seed(0)

    def draw(_: int) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = torch.randint(samples, (members,), generator=generator)
        return chosen, noise_std * (2.0 * torch.randint(2, (members,), generator=generator) - 1.0)

    return draw


def given(chosen: np.ndarray, noise: np.ndarray) -> Draw:
    """Draws made before, each ``(steps, R)``."""
    return lambda k: (torch.tensor(chosen[k]), torch.tensor(noise[k]))


def wander(X: np.ndarray, y: np.ndarray, step_size: float, theta0: np.ndarray, draw: Draw, steps: int) -> np.ndarray:
    """Single-sample SGD with noise in the labels, all trajectories at once: ``[u, v] (R, 2d)``."""
    rows, labels = torch.tensor(X), torch.tensor(y)
    u, v = torch.tensor(theta0).chunk(2, dim=1)
    with torch.no_grad():
        for k in range(steps):
            i, noise = draw(k)
            x = rows[i]
            r = (x * (u * u - v * v)).sum(dim=1) - labels[i] - noise
            change = (2 * step_size * r)[:, None] * x
            u, v = u * (1 - change), v * (1 + change)
    return torch.cat([u, v], dim=1).numpy()
