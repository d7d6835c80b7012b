"""What cluster is wanted: the configuration, its checks, and where it works."""
