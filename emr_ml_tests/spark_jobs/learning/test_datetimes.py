"""Numbers to learn from in dates and times, against Python's calendar."""

from datetime import UTC, datetime, timedelta
from math import cos, pi, sin
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pyspark.sql import functions as F

from spark_jobs.learning.datetimes import part_expressions, part_names

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from spark_jobs.contract import DatetimePart

PARTS: "list[DatetimePart]" = ["elapsed", "hour", "weekday", "month"]


def test_each_part_has_its_numbers_under_its_name(spark: "SparkSession") -> None:
    moment = datetime(2023, 5, 14, 6, 30, tzinfo=UTC)  # a Sunday
    rows = spark.createDataFrame([(moment.isoformat(),)], "text string")
    rows = rows.select(F.col("text").cast("timestamp").alias("a`t"))

    (row,) = rows.selectExpr(*part_expressions("`a``t`", PARTS)).collect()

    found = dict(zip(part_names(PARTS), row, strict=True))
    assert found == pytest.approx(
        {
            "elapsed": moment.timestamp() / 86400,
            **waves("hour", 6.5 / 24),
            **waves("weekday", 6 / 7),
            **waves("month", 133 / 366),
        }
    )


def waves(part: str, position: float) -> dict[str, float]:
    angle = 2 * pi * position
    return {
        f"{part} (sine)": sin(angle),
        f"{part} (cosine)": cos(angle),
        f"{part} (sine 2)": sin(2 * angle),
        f"{part} (cosine 2)": cos(2 * angle),
        f"{part} (sine 3)": sin(3 * angle),
        f"{part} (cosine 3)": cos(3 * angle),
    }


def test_a_line_can_tell_all_weekdays_apart(spark: "SparkSession") -> None:
    week = [datetime(2024, 1, 1 + day, tzinfo=UTC) for day in range(7)]
    rows = spark.createDataFrame([(each.isoformat(),) for each in week], "text string")
    rows = rows.select(F.col("text").cast("timestamp").alias("at"))

    found = rows.selectExpr(*part_expressions("at", ["weekday"])).collect()

    with_intercept = np.column_stack([np.array(found), np.ones(7)])
    assert np.linalg.matrix_rank(with_intercept) == 7


def test_the_end_of_a_cycle_is_near_its_beginning(spark: "SparkSession") -> None:
    midnight = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [midnight, midnight - timedelta(minutes=1), midnight - timedelta(hours=12)]
    rows = spark.createDataFrame([(each.isoformat(),) for each in moments], "text string")
    rows = rows.select(F.col("text").cast("timestamp").alias("at"))

    now, just_before, noon = rows.selectExpr(*part_expressions("at", ["hour"])).collect()

    assert now == pytest.approx(just_before, abs=0.02)
    assert abs(now[1] - noon[1]) == pytest.approx(2)
