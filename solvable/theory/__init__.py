"""What should happen: minima with certificates and closed forms.

Plain arrays and callables in, plain arrays out. Nothing here imports a model, an optimizer or an integrator:
a prediction cannot see the simulation that it is tested against. Names are loaded on first use.
"""

import importlib

_HOMES = {
    "BalanceSpread": "balance_diffusion",
    "CircleExpectation": "circle",
    "Drift": "noise_shapes",
    "Gain": "gains",
    "LOGISTIC_RADIUS": "logistic",
    "LabelNoiseLimit": "slow_flow",
    "LimitingPath": "limiting",
    "LinearEquation": "modified_stationary",
    "Minimum": "minimum",
    "Moments": "stochastic_modified",
    "NullSpaceExponent": "rates",
    "SaddlePath": "saddles",
    "SharpValley": "central_flow",
    "SinglePointState": "single_point",
    "StabilityThreshold": "stability",
    "ascent_descent_coefficients": "ascent",
    "ascent_descent_field": "ascent",
    "autocovariance": "stationary",
    "balance_under_isotropic_noise": "balance_diffusion",
    "balance_under_noise": "balance_noise",
    "balancedness_loss": "balancedness",
    "barrett_dherin_field": "backward_error",
    "burst_energy": "self_stabilization",
    "burst_growth": "self_stabilization",
    "burst_period": "self_stabilization",
    "circle_descent": "circle",
    "circle_modified_equation": "circle",
    "depth_minimum": "depth",
    "descent_moments": "stochastic_modified",
    "donoho_tanner": "sparse_recovery",
    "donoho_tanner_width": "sparse_recovery",
    "fresh_gaussian_covariance": "fresh_inputs",
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
    "gradient_noise_drift": "noise_shapes",
    "half_time": "orthogonal",
    "hypentropy_minimum": "hypentropy",
    "injected_noise_drift": "noise_shapes",
    "kernel_scale_bound": "limits",
    "label_noise_drift": "manifold_drift",
    "label_noise_limit": "slow_flow",
    "l1_sensitivity": "sensitivity",
    "large_scale_expansion": "limits",
    "lasso": "penalized",
    "least_l1": "basis_pursuit",
    "least_l2": "least_squares",
    "limiting_flow": "limiting",
    "logistic_defects": "logistic",
    "logistic_flow": "logistic",
    "logistic_modified_series": "logistic",
    "logistic_modified_terms": "logistic",
    "matching_equation": "modified_stationary",
    "modified_equation_moments": "stochastic_modified",
    "modified_game_field": "games",
    "modified_stationary_covariance": "modified_stationary",
    "noise_injection_weights": "shrinkage",
    "normalized_ascent_field": "ascent",
    "null_space_exponent": "rates",
    "orthogonal_flow": "orthogonal",
    "principal_flow_field": "principal_flow",
    "quadratic_principal_flow": "principal_flow",
    "rich_scale_bound": "limits",
    "saddle_to_saddle": "saddles",
    "scalar_flow": "scalar_model",
    "second_moment_radius": "stationary",
    "single_point_stationary": "single_point",
    "slow_flow_diagonal": "slow_flow",
    "squared_residual_integral": "balancedness",
    "stability_threshold": "stability",
    "stable_weighted_l1_bound": "stability",
    "stationary_covariance": "stationary",
    "trace_drift": "manifold_drift",
    "trlog_regularizer": "manifold_drift",
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
