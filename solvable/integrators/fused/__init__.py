"""Loops written out for one model, where its structure pays. Each equals the generic loop (tests say how closely)."""
