from .adaptive import Adam as Adam
from .alternating import Alternating as Alternating
from .field_flow import Flow as Flow
from .flooding import Flooding as Flooding
from .gradient_descent import GradientDescent as GradientDescent
from .gradient_flow import GradientFlow as GradientFlow
from .gradient_noise import GradientNoise as GradientNoise
from .gradient_regularized import GradientRegularized as GradientRegularized
from .heavy_ball import HeavyBall as HeavyBall
from .label_noise import LabelNoiseSGD as LabelNoiseSGD
from .modified_flow import ModifiedFlow as ModifiedFlow
from .nesterov import Nesterov as Nesterov
from .noise_injection import NoiseInjection as NoiseInjection
from .sharpness_aware import SharpnessAware as SharpnessAware
from .simulation import simulate as simulate
from .simultaneous import Simultaneous as Simultaneous
from .stochastic_descent import SGD as SGD
from .stochastic_flow import StochasticGradientFlow as StochasticGradientFlow
from .trajectory import Status as Status
from .trajectory import Trajectory as Trajectory

__all__: list[str]
