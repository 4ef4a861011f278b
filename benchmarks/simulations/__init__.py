"""Simulations with fixed seeds that hold what is promised about chance: see ``__main__``."""
