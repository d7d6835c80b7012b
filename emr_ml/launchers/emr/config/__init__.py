"""The cluster configuration: its fields, their rules, and how it is loaded."""
