"""What is trained: one frozen dataclass a file, with its data, parameter layout, loss, gradient and predictor.

NumPy only: a model can be built, packed and evaluated without numba. Its compiled kernels are fetched when something
moves it (``Model.compiled``).
"""

from ..common.lazy import lazy_names

_HOMES = {
    "DeepLinearNetwork": "deep_linear",
    "DiagonalLinearNetwork": "diagonal",
    "LinearRegression": "linear",
    "MatrixSensing": "sensing",
    "Model": "base",
    "ResidualModel": "residual",
    "ScalarFactorization": "scalar",
    "SinglePointNetwork": "single_point",
    "TwoPlayerGame": "game",
    "UnivariateReLUNetwork": "relu",
    "VectorField": "field",
    "segment_statistics": "segments",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
