"""The three stories, and how they become files."""
