"""Compiled fields: for each model its residuals, their pullback, one example, the flow, and its Jacobian."""
