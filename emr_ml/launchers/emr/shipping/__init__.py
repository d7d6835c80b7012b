"""What nodes need: code, bootstrap scripts and wheels, packed and uploaded by content."""
