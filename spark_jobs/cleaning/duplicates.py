"""Count rows that equal another row, by hashes of 128 bits."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_jobs.aggregates import aggregate
from spark_jobs.cleaning.figures import Duplicates
from spark_jobs.columns import ROW_ID, quoted


def count_duplicates(rows: DataFrame, names: Sequence[str], *, by_id: bool) -> Duplicates:
    """Count the rows that equal an earlier one, and those that have its id.

    Args:
        rows: the kept ones.
        names: the columns to compare.
        by_id: whether `row_id` was made from the id columns; else it was made from all columns.
    """
    ids = F.unhex(F.substring(ROW_ID, 1, 32))
    values = F.struct(*(_hash(names, seed) for seed in range(2)))
    total, distinct_ids, *distinct_values = aggregate(
        rows,
        F.count(F.lit(1)),
        F.count_distinct(ids),
        *([F.count_distinct(values)] if by_id else []),
    )
    if not by_id:
        return {"rows": total - distinct_ids, "ids": None}
    return {"rows": total - distinct_values[0], "ids": total - distinct_ids}


def _hash(names: Sequence[str], seed: int) -> Column:
    # a hash ignores nulls, so the positions of missing values are hashed too
    nulls = [quoted(name).isNull() for name in names]
    return F.xxhash64(F.lit(seed), *nulls, *(quoted(name) for name in names))
