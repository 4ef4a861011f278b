"""The ways to get predictions for a batch."""
