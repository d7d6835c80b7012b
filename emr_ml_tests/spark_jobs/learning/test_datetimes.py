"""Numbers to learn from in dates and times, against Python's calendar."""

from datetime import UTC, datetime, timedelta
from math import cos, pi, sin
from typing import TYPE_CHECKING

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
            "hour (sine)": sin(2 * pi * 6.5 / 24),
            "hour (cosine)": cos(2 * pi * 6.5 / 24),
            "weekday (sine)": sin(2 * pi * 6 / 7),
            "weekday (cosine)": cos(2 * pi * 6 / 7),
            "month (sine)": sin(2 * pi * 133 / 366),
            "month (cosine)": cos(2 * pi * 133 / 366),
        }
    )


def test_the_end_of_a_cycle_is_near_its_beginning(spark: "SparkSession") -> None:
    midnight = datetime(2024, 1, 1, tzinfo=UTC)
    moments = [midnight, midnight - timedelta(minutes=1), midnight - timedelta(hours=12)]
    rows = spark.createDataFrame([(each.isoformat(),) for each in moments], "text string")
    rows = rows.select(F.col("text").cast("timestamp").alias("at"))

    now, just_before, noon = rows.selectExpr(*part_expressions("at", ["hour"])).collect()

    assert abs(now[1] - just_before[1]) < 0.01
    assert abs(now[1] - noon[1]) == pytest.approx(2)
