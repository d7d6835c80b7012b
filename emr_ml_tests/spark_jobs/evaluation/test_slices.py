"""Slices of the test rows: how wrong the model is by value or range."""

from collections.abc import Sequence
from typing import Any

import pytest
from pyspark.sql import SparkSession

from emr_ml_tests.spark_jobs.bench import ID, with_ids
from spark_jobs.contract import Kind, Problem
from spark_jobs.evaluation.figures import ColumnSlices
from spark_jobs.evaluation.row_values import RowValues
from spark_jobs.evaluation.slices import column_slices, parts_of

Rows = Sequence[tuple[Any, ...]]
KINDS: dict[str, Kind] = {"sex": "categorical", "age": "numeric", "the note.": "text"}
VALUES = "values struct<sex string, age double, `the note.` string>"
MEASURES = "measures struct<age double, `the note.` double>"


def of_classes(spark: SparkSession, rows: Rows) -> list[ColumnSlices]:
    """Slices of rows with label, prediction, and the values of the three columns."""
    return _slices(spark, rows, "binary", "int")


def of_numbers(spark: SparkSession, rows: Rows) -> list[ColumnSlices]:
    return _slices(spark, rows, "regression", "double")


def _slices(spark: SparkSession, rows: Rows, problem: Problem, label: str) -> list[ColumnSlices]:
    schema = f"{ID}, label {label}, predicted {label}, {VALUES}, {MEASURES}"
    full = [
        (label, predicted, (sex, age, note), (age, None if note is None else float(len(note))))
        for label, predicted, sex, age, note in rows
    ]
    scored = spark.createDataFrame(with_ids(full), schema)
    return column_slices(scored, problem, len(rows), RowValues(KINDS))


def by_column(found: list[ColumnSlices]) -> dict[str, dict[str | None, tuple[int, float]]]:
    return {
        each["column"]: {one["value"]: (one["rows"], one["error"]) for one in each["slices"]}
        for each in found
    }


def test_the_column_with_the_largest_gap_comes_first_with_an_error_by_value(
    spark: SparkSession,
) -> None:
    rows = [(1, int(number < 30), "m" if number < 40 else "f", 1.0, "x") for number in range(60)]

    found = of_classes(spark, rows)

    assert [each["column"] for each in found] == ["sex", "age", "the note."]
    assert by_column(found)["sex"] == {"m": (40, 0.25), "f": (20, 1.0)}
    assert found[0]["slices"][0]["deviations"] == pytest.approx(-5.48, abs=0.01)


def test_numbers_and_texts_are_in_ranges_of_about_equal_numbers_of_rows(
    spark: SparkSession,
) -> None:
    rows = [(1, 1, "m", float(number), "x" * (number % 50)) for number in range(100)]

    found = by_column(of_classes(spark, rows))

    assert list(found["age"]) == [
        *("up to 24", "above 24, up to 49", "above 49, up to 74", "above 74")
    ]
    assert {rows for rows, _ in found["age"].values()} == {25}
    assert next(iter(found["the note."])) == "up to 12 characters"


def test_slices_of_few_rows_are_left_out_and_missing_values_are_a_slice(
    spark: SparkSession,
) -> None:
    rows = [(1, 1, sex, None, None) for sex in ["m"] * 20 + [None] * 12 + ["one"] * 9]

    found = by_column(of_classes(spark, rows))

    assert list(found["sex"]) == ["m", None]
    assert list(found["age"]) == [None]


def test_slices_of_two_classes_have_precision_and_recall(spark: SparkSession) -> None:
    kinds = [(1, 1), (1, 0), (0, 1), (0, 0), (0, 0)]
    rows = [(*kind, "m", 1.0, "x") for kind in kinds for _ in range(2)]

    (only,) = next(each for each in of_classes(spark, rows) if each["column"] == "sex")["slices"]

    assert (only.get("precision"), only.get("recall")) == (0.5, 0.5)


def test_slices_of_numbers_have_the_mean_absolute_error_and_its_direction(
    spark: SparkSession,
) -> None:
    rows = [(10.0, 8.0, "m", 1.0, "x")] * 10 + [(10.0, 11.0, "f", 1.0, "x")] * 10

    first = of_numbers(spark, rows)[0]

    found = {each["value"]: (each["error"], each.get("bias")) for each in first["slices"]}
    assert found == {"m": (2.0, 2.0), "f": (1.0, -1.0)}


def test_times_are_in_ranges_of_whole_days_of_any_year() -> None:
    days = [-719_528.0, 0.0, 0.5, 3_000_000.0]  # the first is in the year 0

    names = [value for value, _ in parts_of("datetime", [day * 86400 for day in days])]

    assert names == [
        *("up to 0000-01-01", "above 0000-01-01, up to 1970-01-01", "above 1970-01-01", None)
    ]
