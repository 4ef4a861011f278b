"""Fairwatch: is the model still accurate, has its world changed, does it treat groups alike?"""

__version__ = "0.1.0"
