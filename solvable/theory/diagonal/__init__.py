r"""Diagonal linear networks, ``b = u^D - v^D``: where flows end, what an optimizer adds, which scale is rich.

Gradient flow from ``a = |u v|`` (depth 2) ends at the interpolant of least hyperbolic entropy of scale a, least l1 as
``a -> 0`` and least l2 as ``a -> infinity``. Steps, momentum and noise leave a gain ``(q, R)`` in every
coordinate, and the end is the minimum for the scale ``a exp(q)`` and the shift R instead.

Start with `hypentropy` and `gains`; then `depth` (D >= 3), `rates` and `limits` (how fast the limits are approached),
`saddles` (in what order coordinates appear) and `stability` (which of the ends descent can stay at).
"""
