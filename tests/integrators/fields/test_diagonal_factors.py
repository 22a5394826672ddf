"""The flow in logarithms and angles of the factors: the chain rule applied to the flow in the parameters, by NumPy."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork
from solvable.dynamics.factors import multiplicative_data
from solvable.integrators.fields.diagonal_factors import factor_flow, factor_loss


def regression(n, d):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


@pytest.mark.parametrize("inertia", [0.0, 0.4])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize(("strength", "ascent"), [(0.0, 0.0), (0.2, 0.0), (0.2, 0.1), (0.2, -0.1)])
@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize(("n", "d"), [(4, 6), (7, 3), (1, 5), (3, 1)])
def test_the_field_by_the_chain_rule(n, d, kind, strength, ascent, decay, inertia):
    model = DiagonalLinearNetwork(*regression(n, d), parametrization=kind)
    rng = np.random.default_rng(1)
    rho = rng.uniform(-1, 0.5, 2 * d)
    psi = rng.uniform(-3, 3, 2 * d) if inertia else np.zeros(2 * d)
    signs = np.sign(rng.standard_normal(2 * d))
    signs[0] = 0.0  # a factor that is zero
    size = signs * np.exp(rho)
    u, w = size * (np.cos(psi) - np.sin(psi)), size * (np.cos(psi) + np.sin(psi))
    theta = np.concatenate(model.to_network(u[:d], u[d:]))
    g = model.gradient(theta)
    bend = (model.gradient(theta + ascent * g) - g) / ascent if ascent else model.hessian(theta) @ g
    force = np.concatenate(model.to_multiplicative(*np.split(-(g + strength * bend) - decay * theta, 2)))

    data = np.concatenate([multiplicative_data(model), [strength, ascent, decay, inertia], signs])
    y = np.concatenate([rho, psi, rng.standard_normal(n)] if inertia else [rho, rng.standard_normal(n)])
    out = np.full(y.size, np.nan)
    factor_flow(y, data, out)
    assert np.isfinite(out).all()
    du, dw = ((w - u) / inertia, force) if inertia else (force, force)
    alive = signs != 0
    square = np.where(alive, u * u + w * w, 1.0)
    close = {"rtol": 1e-10, "atol": 1e-11}
    np.testing.assert_allclose(out[: 2 * d][alive], ((u * du + w * dw) / square)[alive], **close)
    if inertia:
        np.testing.assert_allclose(out[2 * d : 4 * d][alive], ((u * dw - w * du) / square)[alive], **close)
    # sigma' are weights of the driving: X^T sigma' is the part of the force that is odd under u <-> v.
    kappa = 0.5 if kind == "product" else 1.0
    rates = np.divide(force, u, out=np.full(2 * d, np.nan), where=alive)
    driving = -(rates[:d] - rates[d:]) / (4 * kappa)
    pair = alive[:d] & alive[d:]
    np.testing.assert_allclose((model.X.T @ out[-n:])[pair], driving[pair], **close)
    assert factor_loss(y, data) == pytest.approx(model.loss(theta), rel=1e-12)
