"""What people see: console, terminal, metadata and plots."""
