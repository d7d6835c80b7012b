"""Evaluate a model by scored rows alone. Everything is an aggregate: no row is ever collected."""
