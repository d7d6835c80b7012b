"""AWS: clients, retries, error codes and the region."""
