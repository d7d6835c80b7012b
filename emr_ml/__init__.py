"""What exists and when it runs: the Dagster definitions of emr_ml."""
