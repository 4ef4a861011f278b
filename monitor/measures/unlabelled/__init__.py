"""What can be said before labels arrive, and how right that was once they have."""
