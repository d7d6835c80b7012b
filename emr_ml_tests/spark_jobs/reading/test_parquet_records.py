"""Parquet files with types that Spark's own inference refuses, as pandas and others write them."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench
from spark_jobs.runtime.job import JobError

MOMENTS = ["2024-02-16T04:00:00", "1969-12-31T23:59:59.999999", None]
TIMES = {
    "when": "datetime",
    "trip.start": "datetime",
    "x": {"kind": "numeric", "required": True},
}


def contract(**columns: Any) -> Contract:
    return Contract.model_validate({"format": "parquet", "columns": columns})


def parquet(columns: dict[str, Any]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def moments(unit: str, zone: str | None = None) -> Any:
    parsed = [moment and dt.datetime.fromisoformat(moment) for moment in MOMENTS]
    return pa.array(parsed, pa.timestamp("us")).cast(pa.timestamp(unit, zone))  # pyright: ignore[reportArgumentType] - one of pyarrow's units


def timed(unit: str, zone: str | None = None) -> bytes:
    when = moments(unit, zone)
    trip = pa.StructArray.from_arrays([when, pa.array([1, 2, 3])], ["start", "stops"])
    return parquet({"when": when, "trip": trip, "x": [1.5, 2.5, None]})


def test_nanoseconds_are_read_as_microseconds_are_beside_files_that_have_these(
    bench: Bench,
) -> None:
    units = {"a.parquet": timed("us"), "b.parquet": timed("ns"), "c.parquet": timed("ns", "UTC")}

    done = bench.process(units, contract(**TIMES))

    assert done.result.rows == {"in": 9, "kept": 6, "rejected": 3}
    rows = [(str(row["when"])[:26], str(row["trip.start"])[:26], row["x"]) for row in done.kept]
    first, second = "2024-02-16 04:00:00", "1969-12-31 23:59:59.999999"
    assert sorted({(when[:19], start[:19], x) for when, start, x in rows}) == [
        (second[:19], second[:19], 2.5),
        (first, first, 1.5),
    ]
    assert sum(when.startswith(second) for when, *_ in rows) == 3
    texts = [json.loads(row["raw"]) for row in done.rejected]
    assert texts == [{"when": None, "x": None}] * 3


FOREIGN = {
    "time": (pa.array([dt.time(12, 30)], pa.time64("us")), r"TIME\(MICROS,false\)"),
    "half": (pa.array([0.5], pa.float16()), "FLOAT16"),
    "wide": (pa.array([Decimal("1.25")], pa.decimal256(50, 2)), r"DECIMAL\(50,2\)"),
}


def test_columns_of_types_that_spark_cannot_read_do_not_matter_unless_they_are_named(
    bench: Bench,
) -> None:
    foreign = {name: values for name, (values, _) in FOREIGN.items()}
    times = pa.array([[dt.time(1)]], pa.list_(pa.time64("us")))
    within = pa.StructArray.from_arrays([foreign["half"], pa.array([7])], ["half", "n"])
    body = parquet({**foreign, "times": times, "within": within, "x": [1.5]})

    done = bench.process({"a.parquet": body}, contract(x="numeric", **{"within.n": "numeric"}))

    assert [(row["x"], row["within.n"]) for row in done.kept] == [(1.5, 7.0)]
    for name, (_, kind) in FOREIGN.items():
        with pytest.raises(
            JobError, match=rf"a\.parquet: the column '{name}' has the Parquet type {kind}, which"
        ):
            bench.process({"a.parquet": body}, contract(x="numeric", **{name: "categorical"}))
