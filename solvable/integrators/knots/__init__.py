"""Gradient flow of two-layer ReLU networks of one variable, from one event to the next."""
