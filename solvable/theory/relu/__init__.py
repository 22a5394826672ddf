r"""ReLU networks of one input as they train: alignment of small neurons, random features, the tangent kernel.

How far the input weights move divides wide networks into linear and condensed ones. At the linear end the interpolant
is one of least norm in a kernel, an adapted spline; at the other small neurons first turn toward finitely many
directions, and then grow.

Start with `regimes` (which of the two), then `tangent_spline` and `feature_spline` (the linear end), or `alignment` and
`orthogonal_pair` (the condensed one). What training with a penalty finds is least curvature: the room `curvature`.
"""
