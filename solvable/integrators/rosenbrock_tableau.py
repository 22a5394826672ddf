"""Coefficients of Rodas5P, an L-stable Rosenbrock method of order 5 with eight stages and an embedded order
4.

For ``y' = F(y)``, ``J = F'(y)`` the stages solve one linear system each, with one matrix for all:

    (I / (h gamma) - J) U_s = F(y + sum_{q<s} A[s, q] U_q) + (1/h) sum_{q<s} C[s, q] U_q

and the step is ``y + sum_s B[s] U_s``. The method is stiffly accurate: the last three arguments of ``F``
are successive results, each the one before plus a stage, so the last stage ``U_8`` itself is the difference
to the embedded result.

Values: G. Steinebach, Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the
Julia Differential Equations package, BIT Numerical Mathematics 63, 27 (2023); as tabulated in
OrdinaryDiffEq.jl. The measured order of the step is a test.
"""

from __future__ import annotations

import numpy as np

STAGES = 8
GAMMA = 0.21193756319429014

_SIXTH = (
    -7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946,
)  # fmt: skip
_A_ROWS = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    _SIXTH,
    (*_SIXTH, 1.0),
    (*_SIXTH, 1.0, 1.0),
)
_C_ROWS = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
     -28.087943162872662),
    (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
     -54.66780262877968, -9.48861652309627),
)  # fmt: skip


def _lower(rows: tuple[tuple[float, ...], ...]) -> np.ndarray:
    return np.array([row + (0.0,) * (STAGES - len(row)) for row in rows])


A = _lower(_A_ROWS)
C = _lower(_C_ROWS)
B = np.array([*_SIXTH, 1.0, 1.0, 1.0])
