"""What the pages share: the shell, cached reads, actions, widgets, address and view."""
