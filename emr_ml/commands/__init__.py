"""What `emr-ml` can be told, one module for each command."""
