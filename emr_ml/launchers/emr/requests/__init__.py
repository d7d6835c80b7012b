"""What EMR is asked for, word by word; nothing here asks."""
