"""The compiled floor: arrays in, arrays out.

Fields of every model, discrete maps over ensembles, adaptive Runge-Kutta and stiff solvers, counter-based random
numbers and a vectorizable exponential. Everything numba compiles in this package lives in this folder, so that one
hash of the folder decides whether a cached kernel may still run (see ``compile``).
"""
