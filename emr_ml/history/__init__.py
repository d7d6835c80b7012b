"""What was run, what each version is, and what differs between two of them."""
