"""Counts rows that another row equals, by hashes of 128 bits."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.columns import quoted
from spark_jobs.names import ROW_ID


def count_duplicates(
    rows: DataFrame, names: Sequence[str], *, by_id: bool
) -> dict[str, int | None]:
    """How many of the rows equal an earlier one, and how many have its id.

    Args:
        rows: the kept ones.
        names: the columns that are compared.
        by_id: whether `row_id` is made of the id columns; else it is made of all of them.
    """
    ids = F.unhex(F.substring(ROW_ID, 1, 32))
    whole = F.struct(*(_hash(names, seed) for seed in range(2)))
    counted = rows.agg(
        F.count(F.lit(1)),
        F.count_distinct(ids),
        *([F.count_distinct(whole)] if by_id else []),
    ).first()
    assert counted is not None, "an aggregate without groups has one row"
    total, different, *rest = counted
    return {
        "rows": total - (rest[0] if rest else different),
        "ids": total - different if by_id else None,
    }


def _hash(names: Sequence[str], seed: int) -> Column:
    # of missing values alone, a hash would not tell which ones they are
    there = [quoted(name).isNull() for name in names]
    return F.xxhash64(F.lit(seed), *there, *(quoted(name) for name in names))
