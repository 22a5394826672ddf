"""What should happen: minima with certificates, closed forms, limits, laws and thresholds.

Plain arrays and callables in, plain arrays out. Nothing here imports a model, an optimizer or an integrator:
a prediction cannot see the simulation that it is tested against. A time is ``t``, on the slow clock of noise ``T``, and
the last argument that must be given; `times` belong to curves that were sampled at them.

Names are loaded on first use, from one room for each subject:

- `convex`: least norms and the lasso over linear data, certified (`least_l1`, `least_l2`, `lasso`), and how many
  measurements least l1 needs;
- `diagonal` linear networks: where flows end (`hypentropy_minimum`, `depth_minimum`), what each optimizer adds
  (`gain_heavy_ball`, ...), saddles, rates and stability thresholds;
- `sensing`, matrix sensing and completion: least trace and nuclear norm, entropies, how many measurements suffice;
- `deep_linear` networks: modes and products in time, balance of the layers, flat factorizations;
- `relu`, networks of one input as they train: alignment, random features, the tangent kernel, regimes;
- `curvature`, what penalized networks of one input represent: least curvature, exact or as a penalty;
- `noise`: stationary laws, and drift along the minima;
- `modified` equations, games, the edge of stability: corrections of a step, discrete and stochastic;
- `scalar` factorization, ``(u v - T)^2 / 2``: gradient flow in closed form, descent at any step, past the edge too.

Every room may use `minimum` (what a minimum and its certificate are) and `convex`. Apart from these, `sensing` uses
`diagonal` and `deep_linear`, `noise` uses `diagonal`, and `modified` uses `noise`; no room uses any other.
"""

from ..common.lazy import lazy_names

_HOMES = {
    # what a minimum is, with its certificate
    "Minimum": "minimum",
    # convex programs over the interpolants of linear data
    "donoho_tanner": "convex.sparse_recovery",
    "donoho_tanner_width": "convex.sparse_recovery",
    "lasso": "convex.penalized",
    "least_l1": "convex.basis_pursuit",
    "least_l2": "convex.least_squares",
    # diagonal linear networks
    "Gain": "diagonal.gains",
    "HypentropyMinima": "diagonal.hypentropy_batch",
    "NullSpaceExponent": "diagonal.rates",
    "SaddlePath": "diagonal.saddles",
    "StabilityThreshold": "diagonal.stability",
    "depth_minimum": "diagonal.depth",
    "gain_flooding": "diagonal.gains",
    "gain_gradient_descent": "diagonal.gains",
    "gain_gradient_regularized": "diagonal.gains",
    "gain_heavy_ball": "diagonal.momentum_gains",
    "gain_label_noise": "diagonal.flow_gains",
    "gain_momentum_flow": "diagonal.flow_gains",
    "gain_nesterov": "diagonal.momentum_gains",
    "gain_per_sample_ascent": "diagonal.gains",
    "gain_regularized_flow": "diagonal.flow_gains",
    "gain_sample_ascent_flow": "diagonal.flow_gains",
    "gain_sharpness_aware": "diagonal.gains",
    "gain_stochastic_descent": "diagonal.flow_gains",
    "gain_stochastic_gradient_flow": "diagonal.flow_gains",
    "half_time": "diagonal.orthogonal",
    "hypentropy_minima": "diagonal.hypentropy_batch",
    "hypentropy_minimum": "diagonal.hypentropy",
    "kernel_scale_bound": "diagonal.limits",
    "l1_sensitivity": "diagonal.sensitivity",
    "large_scale_expansion": "diagonal.limits",
    "noise_injection_weights": "diagonal.shrinkage",
    "null_space_exponent": "diagonal.rates",
    "orthogonal_flow": "diagonal.orthogonal",
    "rich_scale_bound": "diagonal.limits",
    "saddle_to_saddle": "diagonal.saddles",
    "stability_threshold": "diagonal.stability",
    "stable_weighted_l1_bound": "diagonal.stability",
    "weight_decay_weights": "diagonal.shrinkage",
    # matrix sensing and completion
    "CompletionPath": "sensing.completion",
    "EntropyRate": "sensing.entropy_rates",
    "NoncommutingCompletion": "sensing.noncommuting",
    "completion_bound": "sensing.completion",
    "completion_flow": "sensing.completion",
    "completion_growth": "sensing.completion",
    "completion_log_det": "sensing.completion",
    "entropy_minimum": "sensing.entropy",
    "entropy_rate": "sensing.entropy_rates",
    "feasibility_dimension": "sensing.conic",
    "label_noise_weights": "sensing.trace_penalties",
    "least_nuclear_norm": "sensing.trace_norm",
    "least_trace": "sensing.trace_norm",
    "noncommuting_completion": "sensing.noncommuting",
    "penalized_nuclear_norm": "sensing.trace_penalties",
    "penalized_trace": "sensing.trace_penalties",
    "statistical_dimension": "sensing.conic",
    # deep linear networks
    "BalancedSolution": "deep_linear.two_layer",
    "balance_drift": "deep_linear.layer_balance",
    "balance_increments": "deep_linear.layer_balance",
    "balanced_factors": "deep_linear.weight_norm",
    "balanced_two_layer": "deep_linear.two_layer",
    "deep_flatness": "deep_linear.layered_flatness",
    "deep_scalar_mode": "deep_linear.mode_curves",
    "deep_scalar_time": "deep_linear.modes",
    "end_to_end_flow": "deep_linear.end_to_end",
    "end_to_end_velocity": "deep_linear.end_to_end",
    "escape_time": "deep_linear.modes",
    "flattest_factors": "deep_linear.layered_flatness",
    "layer_gradients": "deep_linear.layer_balance",
    "least_weight_norm": "deep_linear.weight_norm",
    "population_flatness": "deep_linear.layered_flatness",
    "singular_value_velocity": "deep_linear.end_to_end",
    # ReLU networks of one input, as they train
    "ExpectedSegment": "relu.segments",
    "ExtremalDirection": "relu.alignment",
    "FeatureInterpolant": "relu.feature_spline",
    "FeatureNorm": "relu.feature_norm",
    "OrthogonalPairFlow": "relu.orthogonal_pair",
    "TangentInterpolant": "relu.tangent_spline",
    "expected_segment_statistics": "relu.segments",
    "extremal_directions": "relu.alignment",
    "orthogonal_pair_flow": "relu.orthogonal_pair",
    "random_feature_interpolant": "relu.feature_spline",
    "random_feature_norm": "relu.feature_norm",
    "relative_change_exponent": "relu.regimes",
    "tangent_kernel_interpolant": "relu.tangent_spline",
    "training_regime": "relu.regimes",
    # least curvature: what penalized ReLU networks of one input represent
    "CurvatureVerdict": "curvature.interpolants",
    "StabilityWeight": "curvature.stability",
    "curvature_weight": "curvature.named_weights",
    "fewest_knots": "curvature.interpolants",
    "label_noise_function_cost": "curvature.function_cost",
    "least_curvature": "curvature.minimizer",
    "minimizes_curvature": "curvature.interpolants",
    "penalized_curvature": "curvature.penalized",
    "representation_cost": "curvature.interpolants",
    "sharpness_lower_bound": "curvature.stability",
    "sparsest_interpolant": "curvature.interpolants",
    "stability_weight": "curvature.stability",
    "stable_curvature_bound": "curvature.stability",
    # noise: stationary laws, and drift along the minima
    "BalanceSpread": "noise.balance_diffusion",
    "Drift": "noise.shapes",
    "LabelNoiseLimit": "noise.slow_flow",
    "LimitingPath": "noise.limiting",
    "SinglePointState": "noise.single_point",
    "autocovariance": "noise.stationary",
    "balance_under_isotropic_noise": "noise.balance_diffusion",
    "balance_under_noise": "noise.balance",
    "fresh_gaussian_covariance": "noise.fresh_inputs",
    "gradient_noise_drift": "noise.shapes",
    "injected_noise_drift": "noise.shapes",
    "label_noise_drift": "noise.manifold_drift",
    "label_noise_limit": "noise.slow_flow",
    "limiting_flow": "noise.limiting",
    "second_moment_radius": "noise.stationary",
    "single_point_stationary": "noise.single_point",
    "slow_flow_diagonal": "noise.slow_flow",
    "stationary_covariance": "noise.stationary",
    "trace_drift": "noise.manifold_drift",
    "trlog_regularizer": "noise.manifold_drift",
    # modified equations, games, the edge of stability
    "CircleExpectation": "modified.circle",
    "LOGISTIC_RADIUS": "modified.logistic",
    "LinearEquation": "modified.stationary",
    "Moments": "modified.stochastic",
    "SharpValley": "modified.central_flow",
    "ascent_descent_coefficients": "modified.ascent",
    "ascent_descent_field": "modified.ascent",
    "barrett_dherin_field": "modified.backward_error",
    "burst_energy": "modified.self_stabilization",
    "burst_growth": "modified.self_stabilization",
    "burst_period": "modified.self_stabilization",
    "circle_descent": "modified.circle",
    "circle_modified_equation": "modified.circle",
    "descent_moments": "modified.stochastic",
    "logistic_defects": "modified.logistic",
    "logistic_flow": "modified.logistic",
    "logistic_modified_series": "modified.logistic",
    "logistic_modified_terms": "modified.logistic",
    "matching_equation": "modified.stationary",
    "modified_equation_moments": "modified.stochastic",
    "modified_game_field": "modified.games",
    "modified_stationary_covariance": "modified.stationary",
    "normalized_ascent_field": "modified.ascent",
    "principal_flow_field": "modified.principal_flow",
    "quadratic_principal_flow": "modified.principal_flow",
    "settling_steps": "modified.quadratic_game",
    "settling_steps_of_drift": "modified.quadratic_game",
    # scalar factorization
    "PeriodTwoOrbit": "scalar.period_two",
    "balancedness_loss": "scalar.balancedness",
    "ellipse_level": "scalar.factorization",
    "ellipse_point": "scalar.factorization",
    "ellipse_repulsion": "scalar.factorization",
    "end_sharpness": "scalar.balancedness",
    "factorization_bounded": "scalar.factorization",
    "period_two_orbit": "scalar.period_two",
    "scalar_flow": "scalar.flow",
    "scalar_time": "scalar.flow",
    "second_order_balancedness_loss": "scalar.balancedness",
    "sharpness_past_the_edge": "scalar.past_the_edge",
    "squared_residual_integral": "scalar.balancedness",
    "uncertainty_exponent": "scalar.fractal_basins",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
