"""Aggregates over all rows of a frame."""

from pyspark.sql import Column, DataFrame, Row


def aggregate(rows: DataFrame, *aggregates: Column) -> Row:
    """Return the aggregates over all rows, as the one row that there is even of an empty frame."""
    row = rows.agg(*aggregates).first()
    assert row is not None, "an aggregate without groups has one row"
    return row
