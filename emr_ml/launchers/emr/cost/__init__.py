"""What clusters cost, and which of them are live."""
