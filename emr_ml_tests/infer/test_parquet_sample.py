"""Parquet files are sampled as well."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emr_ml.infer import parquet_sample
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import ROWS, Inferred, choices, floats


def infer_table(folder: Path, columns: Mapping[str, Any], group: int | None = None) -> Inferred:
    path = folder / "data.parquet"
    pq.write_table(pa.table(dict(columns)), path, row_group_size=group)
    return Inferred(path)


def test_kinds_are_those_of_the_same_values_in_csv(tmp_path: Path) -> None:
    columns = {
        "number": (floats(), "numeric"),
        "integer": ([i * i for i in range(ROWS)], "numeric"),
        "word": (choices("red", "blue", None), "categorical"),
        "boolean": (choices(True, False), "categorical"),
        "dictionary": (pa.array(choices("x", "y")).dictionary_encode(), "categorical"),
    }
    values = {name: column for name, (column, _) in columns.items()}
    inferred = infer_table(tmp_path, {**values, "label": choices(0, 1)})
    assert inferred.contract.format == "parquet"
    assert inferred.kinds == {name: kind for name, (_, kind) in columns.items()}


def test_a_boolean_label_is_text_as_the_jobs_read_it(tmp_path: Path) -> None:
    label = infer_table(tmp_path, {"a": floats(), "label": choices(True, False)}).contract.label
    assert label and (label.positive, label.negative) == ("true", ("false",))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (dt.time(12, 30), "times without a date"),
        ([1, 2], "unsupported type list"),
        (b"x", "unsupported type binary"),
        (pa.scalar(0.5, pa.float16()), "can't read 16-bit floats"),
        (pa.scalar(Decimal("1.25"), pa.decimal256(50, 2)), "decimals of more than 38 digits"),
    ],
)
def test_a_column_of_an_unsupported_type_is_excluded(
    tmp_path: Path, value: object, reason: str
) -> None:
    columns = {"column": [value] * ROWS, "a": floats(), "label": choices(0, 1)}
    inferred = infer_table(tmp_path, columns)
    assert list(inferred.contract.columns) == ["a"]
    assert reason in inferred.line("# column:")


def test_nanoseconds_are_dates_and_times(tmp_path: Path) -> None:
    hour = 3_600_000_000_000
    nanoseconds = pa.array(
        [1_708_056_000_000_000_001 + i * hour for i in range(ROWS)], pa.timestamp("ns")
    )

    inferred = infer_table(tmp_path, {"when": nanoseconds, "label": choices(0, 1)})

    assert inferred.kinds == {"when": "datetime"}


def test_a_nested_column_is_a_path(tmp_path: Path) -> None:
    nested = [{"b": b, "c": c} for b, c in zip(floats(), choices("x", "y"), strict=True)]

    inferred = infer_table(tmp_path, {"a": nested, "label": choices(0, 1)})

    assert inferred.kinds == {"a.b": "numeric", "a.c": "categorical"}


def test_a_null_is_missing(tmp_path: Path) -> None:
    inferred = infer_table(tmp_path, {"a": [*floats(ROWS - 1), None], "label": choices(0, 1)})
    assert "0.5% missing" in inferred.column("a").note


def test_of_a_large_file_some_rows_of_some_groups_are_sampled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_sample, "MAX_ROWS", 800)
    columns = {"a": floats(40_000), "label": ["abcd"[i // 10_000] for i in range(40_000)]}
    inferred = infer_table(tmp_path, columns, group=1000)
    assert inferred.profile.sample.rows == 800
    assert inferred.profile.label and inferred.profile.label.other_values == ("a", "b", "c", "d")
    assert "800 of 40,000 rows" in inferred.text


def test_a_file_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no rows"):
        infer_table(tmp_path, {"a": pa.array([], pa.int64())})
