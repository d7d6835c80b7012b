"""How rows become vectors, and vectors a model."""
