from . import claims as claims
from . import cli as cli
from . import common as common
from . import dynamics as dynamics
from . import integrators as integrators
from . import models as models
from . import theory as theory
from .claims import Claim as Claim
from .claims import Report as Report
from .claims import Verdict as Verdict
from .claims import all_claims as all_claims
from .claims import claim as claim
from .claims import falsify as falsify
from .claims import verify as verify
from .dynamics.adaptive import Adam as Adam
from .dynamics.alternating import Alternating as Alternating
from .dynamics.field_flow import Flow as Flow
from .dynamics.gradient_descent import GradientDescent as GradientDescent
from .dynamics.gradient_flow import GradientFlow as GradientFlow
from .dynamics.gradient_regularized import GradientRegularized as GradientRegularized
from .dynamics.heavy_ball import HeavyBall as HeavyBall
from .dynamics.modified_flow import ModifiedFlow as ModifiedFlow
from .dynamics.nesterov import Nesterov as Nesterov
from .dynamics.sharpness_aware import SharpnessAware as SharpnessAware
from .dynamics.simulation import simulate as simulate
from .dynamics.simultaneous import Simultaneous as Simultaneous
from .dynamics.stochastic_descent import SGD as SGD
from .dynamics.trajectory import Status as Status
from .dynamics.trajectory import Trajectory as Trajectory
from .models.diagonal import DiagonalLinearNetwork as DiagonalLinearNetwork
from .models.field import VectorField as VectorField
from .models.game import TwoPlayerGame as TwoPlayerGame
from .models.linear import LinearRegression as LinearRegression
from .models.residual import ResidualModel as ResidualModel
from .models.scalar import ScalarFactorization as ScalarFactorization

__version__: str
__all__: list[str]
