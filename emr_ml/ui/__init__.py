"""What people see: console, metadata, plots, and the wording of messages."""
