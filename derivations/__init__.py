"""The third road: from a definition to a formula, in sympy. Imports nothing of ``solvable``."""

SOLVABLE_DERIVATIONS = True
"""Marks this package as ours: `derivations` is a name that others may use."""
