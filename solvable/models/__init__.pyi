from .base import Model as Model
from .deep_linear import DeepLinearNetwork as DeepLinearNetwork
from .diagonal import DiagonalLinearNetwork as DiagonalLinearNetwork
from .field import VectorField as VectorField
from .game import TwoPlayerGame as TwoPlayerGame
from .linear import LinearRegression as LinearRegression
from .relu import UnivariateReLUNetwork as UnivariateReLUNetwork
from .residual import ResidualModel as ResidualModel
from .scalar import ScalarFactorization as ScalarFactorization
from .segments import segment_statistics as segment_statistics
from .sensing import MatrixSensing as MatrixSensing
from .single_point import SinglePointNetwork as SinglePointNetwork

__all__: list[str]
