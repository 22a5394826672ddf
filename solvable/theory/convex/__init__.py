r"""Convex programs over the interpolants of linear data: least norms, the lasso, separable potentials.

Minimize ``F(b)`` over ``{b : X b = y}``, for F the l1 or the l2 norm or a sum of potentials of single coordinates. The
dual has one unknown a sample, and a dual point proves how far a primal one is from the minimum. Whatever ends at an
interpolant of least something is computed by what stands here, so that all rooms may use this one.

Start with `basis_pursuit` (least l1, with its certificate) and `continuation` (Newton's method on the dual of a
separable potential, followed along its scale), on the linear algebra of `graded`.
"""
