"""What should happen: minima with certificates and closed forms.

Plain arrays and callables in, plain arrays out. Nothing here imports a model, an optimizer or an integrator:
a prediction cannot see the simulation that it is tested against. Names are loaded on first use.
"""

import importlib

_HOME = {
    "Gain": "gains",
    "LabelNoiseLimit": "slow_flow",
    "Minimum": "minimum",
    "NullSpaceExponent": "rates",
    "SaddlePath": "saddles",
    "StabilityThreshold": "stability",
    "ascent_descent_coefficients": "ascent",
    "ascent_descent_field": "ascent",
    "barrett_dherin_field": "backward_error",
    "depth_minimum": "depth",
    "donoho_tanner": "sparse_recovery",
    "gain_flooding": "gains",
    "gain_gradient_descent": "gains",
    "gain_gradient_regularized": "gains",
    "gain_heavy_ball": "gains",
    "gain_label_noise": "flow_gains",
    "gain_momentum_flow": "flow_gains",
    "gain_per_sample_ascent": "gains",
    "gain_regularized_flow": "flow_gains",
    "gain_sample_ascent_flow": "flow_gains",
    "gain_sharpness_aware": "gains",
    "gain_stochastic_descent": "flow_gains",
    "gain_stochastic_gradient_flow": "flow_gains",
    "half_time": "orthogonal",
    "hypentropy_minimum": "hypentropy",
    "kernel_scale_bound": "limits",
    "label_noise_limit": "slow_flow",
    "large_scale_expansion": "limits",
    "lasso": "penalized",
    "least_l1": "basis_pursuit",
    "least_l2": "least_squares",
    "modified_game_field": "games",
    "noise_injection_weights": "shrinkage",
    "normalized_ascent_field": "ascent",
    "null_space_exponent": "rates",
    "orthogonal_flow": "orthogonal",
    "principal_flow_field": "principal_flow",
    "quadratic_principal_flow": "principal_flow",
    "rich_scale_bound": "limits",
    "saddle_to_saddle": "saddles",
    "scalar_flow": "scalar_model",
    "slow_flow_diagonal": "slow_flow",
    "stability_threshold": "stability",
    "stable_weighted_l1_bound": "stability",
    "weight_decay_weights": "shrinkage",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
