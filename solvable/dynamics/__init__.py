"""How it moves: one optimizer or flow a file, ``simulate``, and the trajectory that it returns."""

from ..common.lazy import lazy_names

_HOMES = {
    "Adam": "adaptive",
    "Alternating": "alternating",
    "Flooding": "flooding",
    "Flow": "field_flow",
    "GradientDescent": "gradient_descent",
    "GradientFlow": "gradient_flow",
    "GradientNoise": "gradient_noise",
    "GradientRegularized": "gradient_regularized",
    "HeavyBall": "heavy_ball",
    "LabelNoiseSGD": "label_noise",
    "ModifiedFlow": "modified_flow",
    "Nesterov": "nesterov",
    "NoiseInjection": "noise_injection",
    "SGD": "stochastic_descent",
    "SharpnessAware": "sharpness_aware",
    "Simultaneous": "simultaneous",
    "Status": "trajectory",
    "StochasticGradientFlow": "stochastic_flow",
    "Trajectory": "trajectory",
    "simulate": "simulation",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
