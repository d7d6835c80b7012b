"""Parquet files are looked at, too."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emr_ml.infer import parquet_sample
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import Look, drawn, fractions

ROWS = 200


def looked_at(folder: Path, columns: Mapping[str, Any], group: int | None = None) -> Look:
    path = folder / "data.parquet"
    pq.write_table(pa.table(dict(columns)), path, row_group_size=group)
    return Look(path)


def test_kinds_are_those_of_the_same_values_in_csv(tmp_path: Path) -> None:
    seen = looked_at(
        tmp_path,
        {
            "number": fractions(),
            "whole": [i * i for i in range(ROWS)],
            "word": drawn("red", "blue", None),
            "truth": drawn(True, False),
            "category": pa.array(drawn("x", "y")).dictionary_encode(),
            "label": drawn(0, 1),
        },
    )
    assert seen.contract.format == "parquet"
    assert seen.kinds == {
        "number": "numeric",
        "whole": "numeric",
        "word": "categorical",
        "truth": "categorical",
        "category": "categorical",
    }


def test_a_truth_value_as_label_is_text_as_the_jobs_read_it(tmp_path: Path) -> None:
    label = looked_at(tmp_path, {"a": fractions(), "label": drawn(True, False)}).contract.label
    assert label and (label.positive, label.negative) == ("true", ("false",))


def test_types_that_can_not_be_learned_from_are_left_out(tmp_path: Path) -> None:
    day = dt.date(2026, 1, 1)
    columns = {"day": [day] * ROWS, "list": [[1, 2]] * ROWS, "bytes": [b"x"] * ROWS}
    seen = looked_at(tmp_path, {**columns, "a": fractions(), "label": drawn(0, 1)})
    assert list(seen.contract.columns) == ["a"]
    assert "dates and times" in seen.line("# day:")
    assert "values are of type list" in seen.line("# list:")


def test_a_missing_number_is_missing(tmp_path: Path) -> None:
    seen = looked_at(tmp_path, {"a": [*fractions(ROWS - 1), None], "label": drawn(0, 1)})
    assert "0.5 % missing" in seen.guess("a").said


def test_of_a_large_file_some_rows_of_some_groups_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_sample, "ROWS", 800)
    columns = {"a": fractions(40_000), "label": ["abcd"[i // 10_000] for i in range(40_000)]}
    seen = looked_at(tmp_path, columns, group=1000)
    assert seen.found.sample.rows == 800
    assert seen.found.target and seen.found.target.others == ("a", "b", "c", "d")
    assert "800 of 40,000 rows" in seen.text


def test_a_file_without_rows_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no row"):
        looked_at(tmp_path, {"a": pa.array([], pa.int64())})
