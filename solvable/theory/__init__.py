"""What should happen: minima with certificates and closed forms.

Plain arrays and callables in, plain arrays out. Nothing here imports a model, an optimizer or an integrator:
a prediction cannot see the simulation that it is tested against. Names are loaded on first use.
"""

import importlib

_HOMES = {
    "LOGISTIC_RADIUS": "logistic",
    "Minimum": "minimum",
    "NullSpaceExponent": "rates",
    "SharpValley": "central_flow",
    "ascent_descent_coefficients": "ascent",
    "ascent_descent_field": "ascent",
    "balancedness_loss": "balancedness",
    "barrett_dherin_field": "backward_error",
    "burst_energy": "self_stabilization",
    "burst_growth": "self_stabilization",
    "burst_period": "self_stabilization",
    "depth_minimum": "depth",
    "half_time": "orthogonal",
    "hypentropy_minimum": "hypentropy",
    "kernel_scale_bound": "limits",
    "large_scale_expansion": "limits",
    "lasso": "penalized",
    "least_l1": "basis_pursuit",
    "least_l2": "least_squares",
    "logistic_defects": "logistic",
    "logistic_flow": "logistic",
    "logistic_modified_series": "logistic",
    "logistic_modified_terms": "logistic",
    "modified_game_field": "games",
    "normalized_ascent_field": "ascent",
    "null_space_exponent": "rates",
    "orthogonal_flow": "orthogonal",
    "principal_flow_field": "principal_flow",
    "quadratic_principal_flow": "principal_flow",
    "rich_scale_bound": "limits",
    "scalar_flow": "scalar_model",
    "squared_residual_integral": "balancedness",
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
