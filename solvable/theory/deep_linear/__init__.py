r"""Deep linear networks, ``W = W_N ... W_1``: the product in time, balance of the layers, flat factorizations.

Gradient flow conserves ``W_{i+1}^T W_{i+1} - W_i W_i^T``. Where these vanish the product obeys an equation of its own,
singular values grow one after another, and two layers are solved by a Riccati equation. Of all factorizations of one
matrix some have least norm, others are flattest.

Start with `end_to_end` (the equation of the product), `modes` (one singular value in time) and `two_layer` (the matrix
in time); `layer_balance` says what steps do to balance, `layered_flatness` and `weight_norm` compare factorizations.
"""
