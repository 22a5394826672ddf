r"""Modified equations, games, and the edge of stability: what a finite step does that the flow does not.

A step h is the flow, for a time h, of a field ``f + h f_1 + h^2 f_2 + ...`` that depends on the method, with a term of
noise where the method is stochastic; the series diverges in general and has to be cut. Where the sharpness reaches
``2 / h`` descent oscillates instead, and an averaged flow takes over.

Start with `backward_error` (the first term) and `logistic` (all terms, and where to cut); `stochastic` has means and
covariances, `games` two players, `central_flow` and `self_stabilization` the edge of stability.
"""
