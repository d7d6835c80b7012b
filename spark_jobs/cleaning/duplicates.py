"""Counts rows that another row equals."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
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
    whole = F.unhex(F.md5(F.to_json(F.array(*(quoted(name).cast("string") for name in names)))))
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
