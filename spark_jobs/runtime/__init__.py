"""How a job is asked for, run and committed, wherever it runs."""
