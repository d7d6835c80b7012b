"""How the files of a source become records, nothing lost: CSV and Parquet."""
