"""The commands of `emr-ml`."""
