"""Spark's patterns of dates and times, as the exported scorer reads them."""

from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from emr_ml.export.time_patterns import time_spec
from emr_ml_tests.export.rows import contract
from spark_jobs.cleaning.times import parse_datetime
from spark_jobs.contract import ColumnRules
from spark_jobs.runtime.job import JobError
from spark_jobs.scorer.times import time_parser

PATTERNS = (
    *("yyyy-MM-dd", "dd/MM/yyyy", "d/M/yy", "d.M.yyyy", "MMM d, yyyy", "d MMMM yyyy", "y-M-d"),
    *("EEE, d MMM yyyy HH:mm:ss", "EEE MMM d HH:mm:ss yyyy", "ddMMMyyyy:HH:mm:ss", "yyyy/M"),
    *("yyyyMMdd", "yyyyMMdd HHmmss", "Hmm", "yyyy-DDD", "hh:mm a", "K:mm a", "kk:mm", "HH:mm"),
    *("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyy-MM-dd HH:mm:ssZ", "M/d/yyyy[ H:mm]", "'on' d/M/yy"),
    *("yyyy-MM-dd HH:mm xxx", "yyyy-MM-dd HH:mmX", "yyyy-MM-dd HH:mm:ss.SSSSSS"),
)
TEXTS = (
    *("2024-02-29", "2023-02-29", "2024-2-9", "24-02-09", "02024-02-09", "2024-02-09 ", "0001-1-1"),
    *("29/02/2024", "9/2/24", "09/2/69", "1/13/24", "31/12/1999", "9.2.2024", "09.02.2024"),
    *(
        "Feb 9, 2024",
        "feb 09, 2024",
        "February 9, 2024",
        "9 February 2024",
        "9 Feb 2024",
        "9 MAY 2024",
    ),
    *("Fri, 9 Feb 2024 05:06:07", "Freitag, 9 Feb 2024 05:06:07", "9 Feb 2024 05:06:07"),
    *("Fri Feb  9 05:06:07 2024", "09FEB2024:05:06:07", "9FEB2024:05:06:07", "2024/2", "2024/02"),
    *(
        "20240209",
        "2024020",
        "202402091",
        "20240209 050607",
        "20240209 0506",
        "506",
        "0506",
        "1506",
    ),
    *(
        "2024-040",
        "2024-366",
        "2023-366",
        "2024-40",
        "05:06",
        "5:06",
        "12:06 PM",
        "12:06 am",
        "0:06 pm",
    ),
    *("05:06 p.m.", "05:06pm", "13:06 PM", "11:59 Pm", "24:00", "24:30", "00:30", "23:60"),
    *("2024-02-09T05:06:07.123+01:00", "2024-02-09T05:06:07.1Z", "2024-02-09T05:06:07Z"),
    *("2024-02-09 05:06:07+0100", "2024-02-09 05:06:07+01:00", "2024-02-09 05:06:07Z"),
    *("2/9/2024", "2/9/2024 5:06", "2/9/2024 25:06", "on 9/2/24", "ON 9/2/24", "9/2/24"),
    *(
        "2024-02-09 05:06 +01:00",
        "2024-02-09 05:06+01",
        "2024-02-09 05:06+0130",
        "2024-02-09 05:06Z",
    ),
    *("2024-02-09 05:06:07.123456", "2024-02-09 05:06:07.1", "2024-02-09 05:06:07", "", "x"),
)


def rules_of(pattern: str) -> ColumnRules:
    columns = f'  a: {{kind: datetime, format: "{pattern}", first_year: 1950}}\n'
    return contract(columns).pick("columns")["columns"]["a"]


def as_spark_writes(micros: int | None) -> str | None:
    if micros is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    text = moment.replace(tzinfo=None).isoformat(" ")
    return text.rstrip("0") if "." in text else text


def test_each_text_is_read_as_by_spark(spark: SparkSession) -> None:
    rules = {f"p{number}": rules_of(pattern) for number, pattern in enumerate(PATTERNS)}
    texts = spark.createDataFrame([(text,) for text in TEXTS], "text string")
    parsed = texts.select(
        "text",
        *(
            parse_datetime(F.col("text"), each).cast("string").alias(name)
            for name, each in rules.items()
        ),
    ).collect()

    differences: list[tuple[object, ...]] = []
    for name, each in rules.items():
        parse = time_parser(time_spec("a", each, ["elapsed"]))
        found = {text: as_spark_writes(parse(text)) for text in TEXTS}
        differences += [
            (each["format"], row["text"], found[row["text"]], row[name])
            for row in parsed
            if found[row["text"]] != row[name]
        ]
    assert differences == []


def test_a_pattern_with_the_same_part_twice_is_refused() -> None:
    with pytest.raises(JobError, match="the `format` d/d of the column 'a' has a part twice"):
        time_spec("a", rules_of("d/d"), ["elapsed"])
