"""Records that the dialect skips in files that lack them: nothing of a row is lost silently."""

import io
from typing import Any

import pytest

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench
from spark_jobs.reading.file_records import read_records

COLUMNS = {"at": {"kind": "datetime", "required": True}, "sold": "numeric"}
ROWS = "".join(f"2024-01-{day},{day}\n" for day in range(10, 30))
SKIPPING = Contract.model_validate(
    {"columns": COLUMNS, "dialect": {"skip_below_header": 1, "skip_last_lines": 1}}
)


def test_a_total_with_a_gap_is_no_row_if_rows_end_with_a_delimiter() -> None:
    dialect: Any = Contract.model_validate(
        {"columns": COLUMNS, "dialect": {"skip_last_lines": 1, "trailing_delimiter": True}}
    ).model_dump()["dialect"]
    rows = ROWS.replace("\n", ",\n")

    found = read_records(io.BytesIO(f"at,sold\n{rows},390,\n".encode()), "a.csv", dialect)

    assert [record.is_skipped for record in found] == [False] * ROWS.count("\n")


def test_a_row_in_the_place_of_a_total_or_of_units_is_rejected_with_the_reason(
    bench: Bench,
) -> None:
    files = {
        "whole.csv": f"at,sold\nISO,pcs\n{ROWS}Total,390\n",
        "bare.csv": f"at,sold\n2024-01-01,5\n{ROWS}2024-02-01,7\n",
    }

    done = bench.process({name: text.encode() for name, text in files.items()}, SKIPPING)

    assert done.result.rows == {"in": 42, "kept": 40, "rejected": 2}
    assert done.result.figures["rules"] == {"skipped": 2}
    assert sorted(row["raw"].strip() for row in done.rejected) == ["2024-01-01,5", "2024-02-01,7"]
    assert all(
        "`skip_below_header` or `skip_last_lines` skips it" in r["reason"] for r in done.rejected
    )


@pytest.mark.parametrize("comment", ["", "#"], ids=["Spark", "Python"])
def test_records_without_any_value_are_none_for_either_reader(bench: Bench, comment: str) -> None:
    rows = f'at,sold\n2024-01-01,5\n,\n{ROWS}"", \t\n,,\n'
    contract = Contract.model_validate({"columns": COLUMNS, "dialect": {"comment": comment}})

    done = bench.process({"rows.csv": rows.encode()}, contract)

    assert done.result.rows == {"in": 21, "kept": 21, "rejected": 0}
