"""What nodes need of ours: code, bootstrap, wheels; packed and uploaded by content."""
