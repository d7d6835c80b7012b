"""Read the files of a source as records, without losing any: CSV, JSON and Parquet."""
