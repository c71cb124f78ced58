"""Two processes for browsers, each on a port of its own: the panel with the agenda below it, and the agenda alone."""
