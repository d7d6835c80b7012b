"""Requests to EMR's API, built without calling it."""
