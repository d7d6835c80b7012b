"""Whether the files of a snapshot have what the contract names."""

from pathlib import Path

import dagster as dg
import pytest

from emr_ml.checks.evidence import Evidence
from emr_ml.checks.snapshot import HEADER_FITS, SHRUNK, judge_snapshot
from emr_ml.contract import Contract
from emr_ml.lake.current import Current, promote
from emr_ml_tests.checks.reports import a_report, evidence
from spark_jobs.runtime.lake import open_lake
from spark_jobs.runtime.report import commit

CONTRACT = Contract.model_validate(
    {"columns": {"a": "numeric", "b": "text"}, "label": {"column": "y", "positive": "1"}}
)


def judged(given: Evidence, check: str) -> dg.AssetCheckResult:
    return next(result for result in judge_snapshot(given) if result.check_name == check)


def header_verdict(*columns: str, size: int = 10) -> tuple[bool, str | None]:
    file = {"name": "f.csv", "size": size, "columns": list(columns)}
    result = judged(evidence(CONTRACT, files=[file]), HEADER_FITS)
    return result.passed, result.description


def test_a_header_in_another_order_with_more_columns_passes() -> None:
    assert header_verdict("y", "z", "b", "a") == (True, None)


def test_a_header_with_a_named_column_twice_fails() -> None:
    assert header_verdict("a", "b", "y", "a") == (False, "f.csv has 'a' more than once")


def test_a_file_without_a_header_in_its_first_part_fails() -> None:
    assert header_verdict() == (False, "f.csv has no header within 64 KB")


def test_only_some_of_many_problems_are_listed() -> None:
    files = [{"name": f"{i}.csv", "size": 0, "columns": []} for i in range(8)]

    result = judged(evidence(CONTRACT, files=files), HEADER_FITS)

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


def a_file(size: int) -> dict[str, object]:
    return {"name": "f.csv", "size": size, "columns": ["a", "b", "y"]}


def with_a_current_version(lake: str, size: int) -> None:
    stored = open_lake(lake)
    commit(stored, a_report(asset="raw_csv_s3", version="before", files=[a_file(size)]))
    promote(stored, "raw_csv_s3", Current("before", "", "run", 0.0))


@pytest.mark.parametrize(("size", "passes"), [(2000, True), (500, True), (499, False)])
def test_a_source_may_lose_so_much_of_its_bytes(tmp_path: Path, size: int, passes: bool) -> None:
    with_a_current_version(str(tmp_path), 1000)

    result = judged(
        evidence(CONTRACT, str(tmp_path), asset="raw_csv_s3", version="v", files=[a_file(size)]),
        SHRUNK,
    )

    assert result.passed is passes
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert passes or "499 bytes in 1 files, 50.1% less than the 1,000" in str(result.description)


def test_a_first_snapshot_has_not_shrunk(tmp_path: Path) -> None:
    assert judged(evidence(CONTRACT, str(tmp_path), files=[a_file(1)]), SHRUNK).passed
