"""Checks compare the figures of a report with the thresholds of the contract."""
