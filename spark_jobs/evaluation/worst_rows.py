"""The test rows of greatest loss."""

from typing import cast

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark_jobs.columns import ROW_ID
from spark_jobs.contract import Problem
from spark_jobs.evaluation.figures import WorstRow
from spark_jobs.evaluation.row_values import VALUES
from spark_jobs.evaluation.scores import finite, row_loss


def worst_rows(scored: DataFrame, problem: Problem, count: int) -> list[WorstRow]:
    """Return that many rows, those of greatest loss first."""
    if not count:
        return []
    ranked = scored.withColumn("loss", row_loss(problem)).sort(F.desc("loss"), ROW_ID)
    return [_worst_row(row) for row in ranked.limit(count).collect()]


def _worst_row(row: Row) -> WorstRow:
    given = row.asDict(recursive=True)
    found = {
        "id": given[ROW_ID],
        "label": given["label"],
        "predicted": given["predicted"],
        "loss": finite(given["loss"]),
        "values": given.get(VALUES) or {},
    }
    if "probability" in given:
        found["probability"] = given["probability"]
    return cast("WorstRow", found)
