"""Figures and the sentences that describe them: frames in, figures out."""
