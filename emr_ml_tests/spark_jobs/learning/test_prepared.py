"""Texts are prepared once for all models that differ in what comes after."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from emr_ml_tests.spark_jobs.bench import Bench
from emr_ml_tests.spark_jobs.learning.featurized import SETTINGS
from spark_jobs.learning.prepared import prepared_texts
from spark_jobs.runtime.execution import describe
from spark_jobs.runtime.job import Input, Request
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import PREPARED_TEXTS, Report, job_key, read_report

LOG = logging.getLogger("test")


@pytest.fixture(name="request_")
def fixture_request(spark: SparkSession, tmp_path: Path) -> Request:
    """What a model is asked, in a lake of its own."""
    given = {"processed_dataset": Input("d" * 32, "unused")}
    return Bench(spark, tmp_path).request("lr_model", given, {"split": {"seed": 1}})


@pytest.fixture
def rows(spark: SparkSession) -> DataFrame:
    return numbered(spark, 3)


def numbered(spark: SparkSession, count: int) -> DataFrame:
    return spark.range(count).toDF("number")


def numbers(frame: DataFrame) -> list[int]:
    return sorted(row["number"] for row in frame.collect())


def versions(lake: Lake) -> set[str]:
    return {entry.key.split("/")[1] for entry in lake.list(f"{PREPARED_TEXTS}/")}


def committed(lake: Lake) -> Report:
    (version,) = versions(lake)
    found = read_report(lake, PREPARED_TEXTS, version)
    assert found, "it is committed"
    return found.report


def test_what_is_stored_is_what_was_given(rows: DataFrame, request_: Request) -> None:
    assert numbers(prepared_texts(rows, request_, SETTINGS, LOG)) == [0, 1, 2]


def test_the_next_model_takes_what_is_there(
    spark: SparkSession, rows: DataFrame, request_: Request
) -> None:
    prepared_texts(rows, request_, SETTINGS, LOG)
    other = replace(request_, version="1" * 32, params={"regularization": [1.0]})

    found = prepared_texts(numbered(spark, 5), other, {**SETTINGS, "index": 7}, LOG)

    assert numbers(found) == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "settings"),
    [
        ({"code": "another"}, {}),
        ({"spark": "4.0.0"}, {}),
        ({"contract": {"split": {"seed": 2}}}, {}),
        ({"inputs": {"processed_dataset": Input("e" * 32, "unused")}}, {}),
        ({}, {"dimensions": 8}),
        ({}, {"stop_words": "english"}),
    ],
)
def test_texts_that_would_differ_are_not_shared(
    spark: SparkSession,
    rows: DataFrame,
    request_: Request,
    change: dict[str, Any],
    settings: dict[str, Any],
) -> None:
    prepared_texts(rows, request_, SETTINGS, LOG)

    other = replace(request_, **change)
    found = prepared_texts(numbered(spark, 5), other, {**SETTINGS, **settings}, LOG)

    assert numbers(found) == [0, 1, 2, 3, 4]


def test_a_later_attempt_prepares_them_anew_for_all(
    spark: SparkSession, rows: DataFrame, request_: Request
) -> None:
    prepared_texts(rows, request_, SETTINGS, LOG)

    again = prepared_texts(numbered(spark, 5), replace(request_, attempt=2), SETTINGS, LOG)
    third = prepared_texts(rows, request_, SETTINGS, LOG)

    assert numbers(again) == numbers(third) == [0, 1, 2, 3, 4]
    assert committed(open_lake(request_.lake)).attempt == 2


@pytest.mark.parametrize("damage", ["lost", "torn"])
def test_damaged_texts_are_prepared_anew_with_a_warning(
    rows: DataFrame, request_: Request, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    prepared_texts(rows, request_, SETTINGS, LOG)
    report = committed(open_lake(request_.lake))
    data = next(Path(report.path).rglob("part-*.parquet"))
    if damage == "lost":
        data.unlink()
    else:
        data.write_bytes(data.read_bytes()[:-9])

    assert numbers(prepared_texts(rows, request_, SETTINGS, LOG)) == [0, 1, 2]

    assert f"missing or torn, so texts are prepared anew: {report.path}" in caplog.text


def test_what_a_killed_process_left_is_not_taken(rows: DataFrame, request_: Request) -> None:
    lake = open_lake(request_.lake)
    prepared_texts(rows, request_, SETTINGS, LOG)
    version = committed(lake).version
    lake.remove(f"{PREPARED_TEXTS}/{version}/report.json")

    assert numbers(prepared_texts(rows, request_, SETTINGS, LOG)) == [0, 1, 2]

    assert committed(lake).attempt == 2
    assert lake.read(job_key(PREPARED_TEXTS, version, 1, "started.json"))


def test_of_two_who_prepare_at_once_the_first_to_commit_is_taken_by_both(
    spark: SparkSession, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = numbered(spark, 3), numbered(spark, 5)
    described = "spark_jobs.learning.prepared.describe"

    def describe_and_be_overtaken(*given: Any) -> Report:
        monkeypatch.setattr(described, describe)
        prepared_texts(second, request_, SETTINGS, LOG)
        return describe(*given)

    monkeypatch.setattr(described, describe_and_be_overtaken)

    assert numbers(prepared_texts(first, request_, SETTINGS, LOG)) == [0, 1, 2, 3, 4]
    assert committed(open_lake(request_.lake)).attempt == 2
