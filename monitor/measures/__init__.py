"""Numbers from tallies: pure, and the heart of the product."""
