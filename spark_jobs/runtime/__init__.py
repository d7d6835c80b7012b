"""Request, run and commit a job, wherever it runs."""
