r"""Matrix sensing and completion, ``y_i = <A_i, X>``: least trace, entropies, and where flows on factors end.

Gradient flow on ``X = U U^T`` from a multiple of the identity ends, if all A_i commute, at the X of least entropy,
which tends to least trace as the start gets small. If they do not commute it prefers rank to trace, and may even send
every norm of a matrix that it completes to infinity.

Start with `trace_norm` (least trace and nuclear norm, certified) and `entropy` (where the flow ends); the exceptions
are `noncommuting` and `completion`; `conic` counts the measurements that determine a matrix of low rank.
"""
