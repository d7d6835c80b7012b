"""Spark jobs as steps of EMR clusters."""
