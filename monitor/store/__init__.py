"""Rows and files: the only place that speaks SQL."""
