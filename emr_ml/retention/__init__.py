"""What is kept in the lake, and what is removed."""
