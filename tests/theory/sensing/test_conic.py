"""Mean spectra in closed form and by sampling; statistical dimensions against both and in the limit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad
from scipy.optimize import minimize_scalar
from scipy.stats import chi, norm

from solvable.theory import feasibility_dimension, least_trace, statistical_dimension
from solvable.theory.sensing.real_spectra import rectangular_density, symmetric_density


def integral(density, power=0):
    x = density.identity(domain=density.domain)
    whole = (density * x**power).integ(lbnd=density.domain[0])
    return whole(density.domain[1])


@settings(max_examples=25, deadline=None)
@given(N=st.integers(1, 60), extra=st.integers(0, 40))
def test_moments_are_exact(N, extra):
    rho = symmetric_density(N)
    assert integral(rho) == pytest.approx(N, rel=1e-12)
    assert integral(rho, 2) == pytest.approx(N * (N + 1) / 2, rel=1e-11)  # E tr G^2
    assert rho.linspace(400)[1].min() > -1e-12
    q = N + extra
    rho = rectangular_density(N, q)
    assert integral(rho) == pytest.approx(N, rel=1e-12)
    assert integral(rho, 2) == pytest.approx(N * q, rel=1e-11)
    assert integral(rho, 4) == pytest.approx(N * q * (N + q + 1), rel=1e-11)  # E tr (G G^T)^2
    assert rho.linspace(400)[1].min() > -1e-12


def test_matrices_of_one_and_two_rows():
    x = np.linspace(0.1, 3.5, 12)
    assert np.abs(symmetric_density(1)(x) - norm.pdf(x)).max() < 1e-14
    assert np.abs(rectangular_density(1, 4)(x) - chi(4).pdf(x)).max() < 1e-14

    def pair(y, x):
        return abs(x - y) * np.exp(-(x * x + y * y) / 2)

    def squares(y, x):
        return abs(x * x - y * y) * (x * y) ** 2 * np.exp(-(x * x + y * y) / 2)

    for density, joint, low in ((symmetric_density(2), pair, -9.0), (rectangular_density(2, 4), squares, 0.0)):
        total = dblquad(joint, low, 9, low, lambda a: a)[0] * 2
        for a in (0.3, 1.7):
            marginal = quad(joint, low, 9, args=(a,), points=[a], epsabs=1e-12)[0]
            assert density(a) == pytest.approx(2 * marginal / total, rel=1e-7)


def test_densities_of_samples():
    rng = np.random.default_rng(0)
    G = rng.standard_normal((40000, 5, 5))
    values = np.linalg.eigvalsh((G + G.transpose(0, 2, 1)) / 2)
    sizes = np.linalg.svd(rng.standard_normal((40000, 4, 7)), compute_uv=False)
    for density, draws in ((symmetric_density(5), values), (rectangular_density(4, 7), sizes)):
        for cut in (0.5, 1.5, 2.5):
            counts = np.sum(draws > cut, axis=1)
            tail = density.integ(lbnd=density.domain[1])
            assert -tail(cut) == pytest.approx(np.mean(counts), abs=4.5 * np.std(counts) / 200)


@pytest.mark.parametrize(
    ("rank", "d1", "d2", "cone"), [(1, 10, 10, "psd"), (3, 10, 10, "psd"), (1, 10, 10, "nuclear"), (2, 5, 9, "nuclear")]
)
def test_against_sampling(rank, d1, d2, cone):
    rng = np.random.default_rng(1)
    G = rng.standard_normal((20000, d1 - rank, d2 - rank))
    if cone == "psd":
        x = np.linalg.eigvalsh((G + G.transpose(0, 2, 1)) / 2)
        tangent = rank * (rank + 1) / 2 + rank * (d1 - rank)
    else:
        x = np.linalg.svd(G, compute_uv=False)
        tangent = rank * (d1 + d2 - rank)

    def distance(tau):
        return tangent + rank * tau**2 + np.sum(np.maximum(x - tau, 0) ** 2, axis=1)

    best = minimize_scalar(lambda tau: np.mean(distance(tau)), bounds=(0, 6), method="bounded")
    error = np.std(distance(best.x)) / np.sqrt(20000)
    exact = statistical_dimension(rank, d1, d2, cone=cone)
    assert exact == pytest.approx(best.fun, abs=4.5 * error)
    # The infimum inside the expectation is another number.
    taus = np.linspace(0, 6, 121)
    inside = np.mean(np.min([distance(tau) for tau in taus], axis=0))
    assert exact > inside + 10 * error


def test_smallest_cases_in_closed_form():
    def excess(tau, density, low):
        return quad(lambda x: (x - tau) ** 2 * density(x), max(tau, low), 12)[0]

    for d in (2, 3, 6):
        r = d - 1
        psd = minimize_scalar(
            lambda t, r=r: r * t * t + excess(t, norm.pdf, -12.0), bounds=(0, 5), method="bounded"
        ).fun
        assert statistical_dimension(r, d) == pytest.approx(r * (r + 1) / 2 + r + psd, abs=1e-9)
        for q in (1, 3):
            density = chi(q).pdf
            best = minimize_scalar(
                lambda t, r=r, density=density: r * t * t + excess(t, density, 0.0), bounds=(0, 5), method="bounded"
            ).fun
            tangent = r * (d + r + q - r)
            assert statistical_dimension(r, d, r + q, cone="nuclear") == pytest.approx(tangent + best, abs=1e-9)


def curve(rho):
    """The asymptotic nuclear-norm curve of square matrices: limiting singular values have a quarter-circle law."""

    def value(tau):
        tail = quad(lambda u: (u - tau) ** 2 * np.sqrt(4 - u * u) / np.pi, tau, 2)[0]
        return rho + (1 - rho) * (rho * (1 + tau**2) + (1 - rho) * tail)

    return minimize_scalar(value, bounds=(0, 2), method="bounded", options={"xatol": 1e-10}).fun


def test_large_matrices_tend_to_the_curve():
    for rank, expected in ((1, 0.351144), (2, 0.571690)):
        limit = curve(rank / 10)
        assert limit == pytest.approx(expected, abs=2e-6)
        small, large = (statistical_dimension(rank * d // 10, d, cone="nuclear") / d**2 for d in (40, 80))
        assert small > large > limit
        assert 2 * large - small == pytest.approx(limit, abs=3e-5)  # the error is of order 1/d, here 8e-4


def test_orders_and_ends():
    for cone in ("psd", "nuclear"):
        values = [statistical_dimension(r, 7, cone=cone) for r in range(8)]
        assert values[0] == 0.0
        assert values[-1] == (28 if cone == "psd" else 49)
        assert np.all(np.diff(values) > 0)
    for r in range(1, 7):
        assert statistical_dimension(r, 7) < feasibility_dimension(r, 7)
        assert statistical_dimension(r, 7) < statistical_dimension(r, 7, cone="nuclear")
        assert statistical_dimension(r, 7, 9, "nuclear") == pytest.approx(statistical_dimension(r, 9, 7, "nuclear"))
    # tau = 0: half of the squared Gaussian spectrum is positive.
    assert feasibility_dimension(2, 10) == 37.0
    assert isinstance(statistical_dimension(1, 3), float)
    assert statistical_dimension(10, 100) / 1e4 == pytest.approx(0.1589, abs=1e-4)


def test_recovery_changes_over_there():
    rng = np.random.default_rng(2)
    d, trials = 6, 12
    middle = statistical_dimension(1, d)

    def successes(m):
        count = 0
        for _ in range(trials):
            A, u = rng.standard_normal((m, d, d)), rng.standard_normal(d)
            X = np.outer(u, u)
            count += np.abs(least_trace(A, np.einsum("nij,ij->n", A, X)).point - X).max() < 1e-6
        return count

    assert successes(round(middle - 4)) <= 3
    assert successes(round(middle + 5)) >= 9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: statistical_dimension(4, 3), "rank must be an integer from 0 to 3, got 4"),
        (lambda: statistical_dimension(-1, 3), "rank must be an integer from 0 to 3, got -1"),
        (lambda: statistical_dimension(1, 0), "d1 must be an integer >= 1, got 0"),
        (lambda: statistical_dimension(1, 3, 4), "d2 must equal d1 for the cone 'psd', got 3 and 4"),
        (lambda: statistical_dimension(1, 3, cone="l1"), "cone must be one of 'psd', 'nuclear', got 'l1'"),
        (lambda: feasibility_dimension(5, 4), "rank must be an integer from 0 to 4, got 5"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
