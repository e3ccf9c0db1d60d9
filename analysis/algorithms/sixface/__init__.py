"""Results of the six-face experiment."""
