"""Evaluate a model by scored rows alone.

Only the worst rows and a small sample are ever collected; all else is an aggregate.
"""
