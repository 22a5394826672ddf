r"""Scalar factorization, ``L = (u v - T)^2 / 2``: gradient flow in closed form, descent at any step size.

The flow conserves ``u^2 - v^2`` and is solved in closed form. Descent loses some of it, by a law in the step size; its
bounded starts fill an ellipse, exactly; and past the stability of the flattest minimum it ends on an orbit of period
two.

Start with `flow` and `balancedness` (small steps), then `factorization` (the ellipse, for any step), `period_two` and
`past_the_edge`.
"""
