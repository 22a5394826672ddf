"""High-precision references: Newton on the optimality conditions in mpmath, 220 digits.

The root is unique, so starting from the multiplier under test costs nothing in independence: a wrong
multiplier either converges to the true root, and the comparison fails, or does not converge, and the
assertion below fails.
"""

from types import SimpleNamespace

import mpmath as mp
import numpy as np
import pytest

DIGITS = 220


def _newton(field, X, y, nu, iterations):
    """Solve X b(nu) = y, field(j, X_j . nu) = (b_j, db_j/dz_j)."""
    n, d = X.shape
    X, y = mp.matrix(X.tolist()), [mp.mpf(float(v)) for v in y]
    nu = mp.matrix([mp.mpf(float(v)) for v in nu])
    for _ in range(iterations):
        pairs = [field(j, sum(X[i, j] * nu[i] for i in range(n))) for j in range(d)]
        miss = mp.matrix([y[i] - mp.fsum(X[i, j] * pairs[j][0] for j in range(d)) for i in range(n)])
        H = mp.matrix(n, n)
        for i in range(n):
            for k in range(i + 1):
                H[i, k] = H[k, i] = mp.fsum(X[i, j] * X[k, j] * pairs[j][1] for j in range(d))
        step = mp.lu_solve(H, miss)
        longest = max(abs(sum(X[i, j] * step[i] for i in range(n))) for j in range(d))
        factor = 1 if longest < mp.mpf("0.3") else mp.log(1 + longest) / longest
        nu = nu + factor * step
        if longest < mp.mpf(10) ** -(DIGITS // 2 - 20):
            return [field(j, sum(X[i, j] * nu[i] for i in range(n)))[0] for j in range(d)]
    raise AssertionError("the reference did not converge")


def hypentropy(X, y, log_a, xi0, nu, iterations=60):
    """The minimizer to 200 digits, as a list of mpf; log_a, xi0 of shape (d,)."""
    with mp.workdps(DIGITS):
        scale = [mp.exp(mp.mpf(float(v))) for v in log_a]
        shift = [mp.mpf(float(v)) for v in xi0]

        def field(j, z):
            return 2 * scale[j] * mp.sinh(shift[j] + z), 2 * scale[j] * mp.cosh(shift[j] + z)

        return _newton(field, X, y, nu, iterations)


def relative_errors(point, reference):
    """|b - ref| / |ref| by coordinate."""
    with mp.workdps(DIGITS):
        return np.array([float(abs((mp.mpf(float(b)) - r) / r)) for b, r in zip(point, reference, strict=True)])


def depth(X, y, scale, D, nu, iterations=60):
    """The depth-D minimizer to 200 digits; nu close enough that |X^T nu| < 1."""
    with mp.workdps(DIGITS):
        size, p = mp.mpf(float(scale)) ** D, mp.mpf(D) / (D - 2)

        def field(j, z):
            value = (1 - z) ** -p - (1 + z) ** -p
            return size * value, size * p * ((1 - z) ** (-p - 1) + (1 + z) ** (-p - 1))

        return _newton(field, X, y, nu, iterations)


def entropy(X, y, log_a, nu, iterations=60):
    """The x > 0 of least ``sum x log(x / a) - x`` to 200 digits; log_a a number."""
    with mp.workdps(DIGITS):
        scale = mp.exp(mp.mpf(float(log_a)))
        return _newton(lambda j, z: (scale * mp.exp(z), scale * mp.exp(z)), X, y, nu, iterations)


@pytest.fixture(scope="session")
def reference():
    return SimpleNamespace(hypentropy=hypentropy, depth=depth, entropy=entropy, relative_errors=relative_errors)
