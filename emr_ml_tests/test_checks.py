"""Judgement of reports."""

from dataclasses import replace
from typing import Any

import pytest

from emr_ml.checks import HEADER_FITS, UNIQUE_ID, judge_rows, judge_snapshot
from emr_ml.contract import Contract
from spark_jobs.runtime.report import Report

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric", "b": "text"}, "label": {"column": "y", "positive": "1"}}
)


def a_report(**changes: Any) -> Report:
    report = Report(
        asset="processed_dataset",
        version="v",
        attempt=1,
        path="lake/processed_dataset/v/attempts/1",
        files=[],
        inputs={},
        params={},
        code="",
        spark=None,
        rows={"in": 100, "kept": 97, "rejected": 3},
        figures={},
        seconds={},
        started="",
        finished="",
    )
    return replace(report, **changes)


def verdicts(rows: dict[str, int]) -> dict[str, bool]:
    results = judge_rows(a_report(rows=rows), CONTRACT)
    return {str(result.check_name): result.passed for result in results}


def header_verdict(*columns: str, size: int = 10) -> tuple[bool, str | None]:
    file = {"name": "f.csv", "size": size, "columns": list(columns)}
    (result,) = judge_snapshot(a_report(files=[file]), CONTRACT)
    assert result.check_name == HEADER_FITS
    return result.passed, result.description


def test_rows_that_are_all_accounted_for_pass() -> None:
    assert verdicts({"in": 100, "kept": 97, "rejected": 3}) == {
        "rows_conserved": True,
        "rejected_share": True,
        "unique_id": True,
    }


def test_a_lost_row_fails() -> None:
    assert not verdicts({"in": 100, "kept": 96, "rejected": 3})["rows_conserved"]


@pytest.mark.parametrize(("rejected", "passes"), [(5, True), (6, False)])
def test_the_rejected_share_may_reach_the_threshold(rejected: int, passes: bool) -> None:
    rows = {"in": 100, "kept": 100 - rejected, "rejected": rejected}

    assert verdicts(rows)["rejected_share"] is passes


def test_no_row_at_all_fails() -> None:
    assert not verdicts({"in": 0, "kept": 0, "rejected": 0})["rejected_share"]


def test_a_header_in_another_order_with_more_columns_passes() -> None:
    assert header_verdict("y", "z", "b", "a") == (True, None)


def test_a_header_with_a_named_column_twice_fails() -> None:
    assert header_verdict("a", "b", "y", "a") == (False, "f.csv has 'a' more than once")


def test_a_file_without_a_header_in_its_first_part_fails() -> None:
    assert header_verdict() == (False, "f.csv has no header within 64 KB")


def test_only_some_of_many_problems_are_listed() -> None:
    files = [{"name": f"{i}.csv", "size": 0, "columns": []} for i in range(8)]

    (result,) = judge_snapshot(a_report(files=files), CONTRACT)

    assert str(result.description).endswith("4.csv is empty, and 3 more")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("A ", "b", "y"), "It probably has 'A ' for 'a'"),
        (("a;b;y",), "The delimiter is probably ';'"),
        (("1.5", "2", "ab"), "The first record looks like data: name the columns in `header`"),
    ],
)
def test_a_header_that_does_not_fit_is_told_what_was_probably_meant(
    columns: tuple[str, ...], said: str
) -> None:
    passed, description = header_verdict(*columns)

    assert not passed
    assert said in str(description)


def unique_id(*, asked_for: bool, again: int | None) -> tuple[bool, str | None]:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric"}, "id": ["k"], "checks": {"unique_id": asked_for}}
    )
    report = a_report(figures={"duplicates": {"rows": 0, "ids": again}})
    result = next(r for r in judge_rows(report, contract) if r.check_name == UNIQUE_ID)
    return result.passed, result.description


def test_an_id_that_stands_twice_fails_where_the_contract_asks_for_unique_ones() -> None:
    passed, said = unique_id(asked_for=True, again=2)

    assert not passed
    assert str(said).startswith("2 rows have an id ('k') that an earlier row has")


@pytest.mark.parametrize(("asked_for", "again"), [(True, 0), (False, 2), (False, None)])
def test_an_id_may_stand_twice_where_the_contract_does_not_mind(
    asked_for: bool, again: int | None
) -> None:
    assert unique_id(asked_for=asked_for, again=again) == (True, None)


def test_too_many_rejected_rows_are_told_with_the_rules_that_most_of_them_broke() -> None:
    rows = {"in": 100, "kept": 50, "rejected": 50}
    report = a_report(rows=rows, figures={"rules": {"a min": 3, "a number": 47}})

    result = next(r for r in judge_rows(report, CONTRACT) if r.check_name == "rejected_share")

    assert "(most often: a number 47, a min 3)" in str(result.description)
