r"""Karakida et al. (arXiv:2210.02720): what gradient regularization costs.

Count the matrix products of one update of an L-layer network; everything else is elementwise. With ``H_l = W_l
H_{l-1}`` (L products) and ``D_{l-1} = W_l^T D_l`` (L - 1), the gradient ``G_l = D_l H_{l-1}^T`` takes L more: 3L - 1 in
all. A finite difference needs two gradients, 6L - 2. Differentiating ``|G|^2 / 2`` backward through all of that (double
backpropagation) needs, for every product, one more for each factor that depends on the weights: 2 (3L - 1) less the two
in which H_0 is a constant, so that the update costs 9L - 5. Finite differences save a third.
"""

from __future__ import annotations

import numpy as np

from solvable import claim


class Counter:
    """Matrix products, counted."""

    def __init__(self):
        self.products = 0

    def __call__(self, A, B):
        self.products += 1
        return A @ B


def backpropagation(times, W, X, Y):
    """(gradient, layers H, errors D) of ``|W_L ... W_1 X - Y|^2 / 2``; `times` multiplies matrices."""
    H = [X]
    for weight in W:
        H.append(times(weight, H[-1]))
    D = [H[-1] - Y]
    for weight in W[:0:-1]:
        D.insert(0, times(weight.T, D[0]))
    return [times(error, layer.T) for error, layer in zip(D, H[:-1], strict=True)], H, D


def finite_difference(times, W, X, Y, step):
    """``(grad L(W + step grad L) - grad L) / step``, forward or backward."""
    G = backpropagation(times, W, X, Y)[0]
    moved = [weight + step * slope for weight, slope in zip(W, G, strict=True)]
    return [(up - down) / step for up, down in zip(backpropagation(times, moved, X, Y)[0], G, strict=True)]


def double_backpropagation(times, W, X, Y):
    """The gradient of ``|grad L|^2 / 2``, backward through the backpropagation; a bar is a derivative of it."""
    G, H, D = backpropagation(times, W, X, Y)
    depth = len(W)
    W_bar, H_bar = [np.zeros_like(weight) for weight in W], [np.zeros_like(layer) for layer in H]
    D_bar = times(G[0], H[0])
    for k in range(1, depth):
        H_bar[k] += times(G[k].T, D[k])
        W_bar[k] += times(D[k], D_bar.T)
        D_bar = times(W[k], D_bar) + times(G[k], H[k])
    H_bar[depth] += D_bar
    for k in range(depth - 1, -1, -1):
        W_bar[k] += times(H_bar[k + 1], H[k].T)
        if k > 0:
            H_bar[k] += times(W[k].T, H_bar[k + 1])
    return W_bar


def networks(rng):
    """Widths of 2 to 6 layers, and one seed for their weights and data."""
    return {"widths": rng.integers(2, 6, size=7), "seed": rng.integers(0, 2**31)}


@claim(
    "karakida2023-cost",
    title="A finite difference saves a third of the matrix products of double backpropagation",
    statement=r"$\frac{\nabla L(\theta + \epsilon \nabla L) - \nabla L}{\epsilon}"
    r" \to \nabla\,\frac{1}{2}|\nabla L|^2$ with $6 L - 2$ matrix products, against $9 L - 5$, for $L$ layers",
    source="arXiv:2210.02720 (the count is ours)",
    rivals=("as many products", "derivative of the squared norm, not of half of it"),
    convention="fully connected layers, all samples in one matrix; elementwise work is not counted",
)
def cost(lab):
    problem = lab.instance(networks)
    widths, rng = problem["widths"], np.random.default_rng(int(problem["seed"]))
    depths = np.arange(2, widths.size)
    forward, twice = np.zeros(depths.size), np.zeros(depths.size)
    for k, depth in enumerate(depths):
        W = [rng.standard_normal((widths[j + 1], widths[j])) / np.sqrt(widths[j]) for j in range(depth)]
        X, Y = rng.standard_normal((widths[0], 7)), rng.standard_normal((widths[depth], 7))
        counter, counter_twice = Counter(), Counter()
        finite_difference(counter, W, X, Y, 1e-3)
        exact = double_backpropagation(counter_twice, W, X, Y)
        forward[k], twice[k] = counter.products, counter_twice.products
    lab.identity(forward, 6 * depths - 2, rivals={"as many products": twice}, tolerance=1e-12, reason="counts")
    lab.identity(twice, 9 * depths - 5, tolerance=1e-12, reason="counts")
    # Both compute the same thing: on the deepest network the difference tends to the derivative, to first order.
    flat = np.concatenate([part.ravel() for part in exact])
    size = np.linalg.norm(np.concatenate([part.ravel() for part in backpropagation(np.matmul, W, X, Y)[0]]))
    steps = 1e-3 / size * 0.5 ** np.arange(4)
    found = [np.concatenate([part.ravel() for part in finite_difference(np.matmul, W, X, Y, step)]) for step in steps]
    errors = np.array([np.linalg.norm(value - flat) for value in found])
    wrong = np.array([np.linalg.norm(value - 2 * flat) for value in found])
    lab.order(
        steps, errors, 1, rivals={"derivative of the squared norm, not of half of it": wrong}, reason="leading order"
    )
