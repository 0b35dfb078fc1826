"""Training of the networks, from jets to a model file."""
