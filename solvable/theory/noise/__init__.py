r"""Noise: stationary laws of stochastic descent at a finite step, and drift along the minima.

Across the minima the errors of linear regression under label noise have a stationary covariance, known exactly. Along
the minima the same covariance makes a slow drift by the third derivatives of the loss, for label noise and small steps
down the trace of the Hessian, which on the slow clock ``h^2 k`` is a flow of its own.

Start with `stationary` (the exact covariance), `manifold_drift` (the law of drift) and `limiting` (the flow on the
slow clock); solved in closed form are `balance` (one product), `slow_flow` (diagonal networks) and `single_point`.
"""
