"""Measuring what Fairwatch costs beside what others cost."""
