"""What should happen: minima with certificates and closed forms.

Plain arrays and callables in, plain arrays out. Nothing here imports a model, an optimizer or an integrator:
a prediction cannot see the simulation that it is tested against. Names are loaded on first use.
"""

import importlib

_HOMES = {
    "Gain": "gains",
    "LOGISTIC_RADIUS": "logistic",
    "LabelNoiseLimit": "slow_flow",
    "Minimum": "minimum",
    "NullSpaceExponent": "rates",
    "SaddlePath": "saddles",
    "SharpValley": "central_flow",
    "StabilityThreshold": "stability",
    "ascent_descent_coefficients": "ascent",
    "ascent_descent_field": "ascent",
    "balancedness_loss": "balancedness",
    "barrett_dherin_field": "backward_error",
    "burst_energy": "self_stabilization",
    "burst_growth": "self_stabilization",
    "burst_period": "self_stabilization",
    "depth_minimum": "depth",
    "donoho_tanner": "sparse_recovery",
    "donoho_tanner_width": "sparse_recovery",
    "gain_flooding": "gains",
    "gain_gradient_descent": "gains",
    "gain_gradient_regularized": "gains",
    "gain_heavy_ball": "momentum_gains",
    "gain_label_noise": "flow_gains",
    "gain_momentum_flow": "flow_gains",
    "gain_nesterov": "momentum_gains",
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
    "l1_sensitivity": "sensitivity",
    "large_scale_expansion": "limits",
    "lasso": "penalized",
    "least_l1": "basis_pursuit",
    "least_l2": "least_squares",
    "logistic_defects": "logistic",
    "logistic_flow": "logistic",
    "logistic_modified_series": "logistic",
    "logistic_modified_terms": "logistic",
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
    "squared_residual_integral": "balancedness",
    "stability_threshold": "stability",
    "stable_weighted_l1_bound": "stability",
    "weight_decay_weights": "shrinkage",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
