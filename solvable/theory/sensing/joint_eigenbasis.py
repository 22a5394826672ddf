r"""A common eigenbasis of commuting symmetric matrices.

Almost every linear combination of commuting A_i has the joint eigenspaces as its own, so that one eigendecomposition
would do, were it not for combinations that bring two joint eigenvalues close by chance: they mix the two eigenvectors
by rounding over the difference. The mixing is undone by Jacobi rotations (Cardoso and Souloumiac, SIAM J. Matrix
Anal. 17 (1996) 161): in the plane of coordinates p, q, the off-diagonal entries of all matrices are smallest, in the
sum of squares, after a rotation by theta with

    tan 4 theta = 2 sum_i u_i v_i / sum_i (u_i^2 - v_i^2),       u_i = (A_i)_pp - (A_i)_qq,   v_i = 2 (A_i)_pq,

in the branch that maximizes ``sum (u cos 2 theta + v sin 2 theta)^2``. Inside a joint eigenspace every basis is as
good as any other, and functions of the A_i do not depend on it.
"""

from __future__ import annotations

import numpy as np

from ..convex.graded import power_of_two

COMMUTING = 1e-10  # off-diagonal entries, relative to a matrix of norm 1, above which matrices do not commute
ROUNDING = 1e-14  # eigenvalues of a matrix of norm 1 that are as good as zero
SWEEPS = 20


def joint_eigenbasis(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Orthogonal Q ``(d, d)`` and eigenvalues ``(n, d)`` with ``A_i = Q diag(eigenvalues_i) Q^T``.

    Args:
        A: symmetric, shape ``(n, d, d)``.

    Raises:
        ValueError: the matrices do not commute; the message has the size of the largest commutator.
    """
    sizes = power_of_two(np.max(np.abs(A), axis=(1, 2)))
    norms = np.linalg.norm(A / sizes[:, None, None], axis=(1, 2)) * sizes
    unit = A / np.where(norms > 0, norms, 1.0)[:, None, None]
    mixture = np.random.default_rng(0).standard_normal(A.shape[0])
    Q = np.linalg.eigh(np.tensordot(mixture, unit, axes=1))[1]
    rotated = Q.T @ unit @ Q
    for _ in range(SWEEPS):
        if _largest_outside(rotated) <= 1e-15 or not _sweep(rotated, Q):
            break
    rotated = Q.T @ unit @ Q
    if _largest_outside(rotated) > COMMUTING:
        raise ValueError(f"A must consist of matrices that commute, but {largest_commutator(unit)}")
    values = np.diagonal(rotated, axis1=1, axis2=2)
    return Q, np.where(np.abs(values) > ROUNDING, values, 0.0) * norms[:, None]


def largest_commutator(unit: np.ndarray) -> str:
    """The largest commutator of matrices of norm 1, in words."""
    worst, pair = 0.0, (0, 0)
    for i, first in enumerate(unit):
        sizes = np.linalg.norm(first @ unit - unit @ first, axis=(1, 2))
        if sizes.max() > worst:
            worst, pair = float(sizes.max()), (i, int(sizes.argmax()))
    return f"|A_i A_j - A_j A_i| = {worst:.3g} |A_i| |A_j| for i = {pair[0]}, j = {pair[1]}"


def _largest_outside(matrices: np.ndarray) -> float:
    diagonal = np.eye(matrices.shape[1], dtype=bool)
    return float(np.max(np.abs(np.where(diagonal, 0.0, matrices))))


def _sweep(matrices: np.ndarray, Q: np.ndarray) -> bool:
    """One round of rotations of `matrices` and `Q`, in place; True if any of them was worth its rounding."""
    d, turned = matrices.shape[1], False
    for p in range(d - 1):
        for q in range(p + 1, d):
            u, v = matrices[:, p, p] - matrices[:, q, q], 2.0 * matrices[:, p, q]
            along, across = float(u @ u - v @ v), 2.0 * float(u @ v)
            theta = 0.5 * np.arctan2(across, along + np.hypot(along, across))
            # Equal joint eigenvalues: whatever direction rounding suggests is as good as the present one.
            if abs(theta) < 1e-15 or float(np.max(np.abs(v))) < 1e-15:
                continue
            turned = True
            rotation = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
            matrices[:, :, [p, q]] = matrices[:, :, [p, q]] @ rotation
            matrices[:, [p, q], :] = rotation.T @ matrices[:, [p, q], :]
            Q[:, [p, q]] = Q[:, [p, q]] @ rotation
    return turned
