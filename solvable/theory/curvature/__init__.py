r"""Functions of one variable of least curvature ``int h |f''|``: what penalized ReLU networks represent.

On the function that a univariate two-layer ReLU network represents, weight decay is a total variation of the slope with
a weight h; so are the penalty of label noise and the bound that a stable step sets, each with its own h. Knots of a
minimizer lie where a dual function touches h, and for ``h = 1`` all minimizers are known.

Start with `minimizer` (interpolants, with a certificate) and `penalized` (a fit with the curvature as a penalty);
`named_weights` says which training has which h, `interpolants` what is known for ``h = 1``.
"""
