"""Rules, incidents, messages and the channels that carry them."""
