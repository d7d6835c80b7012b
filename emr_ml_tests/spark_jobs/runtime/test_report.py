"""The commit of a version, and how a report is read."""

import json
from dataclasses import replace
from typing import Any

import pytest

from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import (
    SCHEMA,
    Report,
    attempt_key,
    commit,
    job_key,
    lease_key,
    read_commit,
    read_report,
    report_key,
)

VERSION = "0123456789abcdef" * 2
KEY = report_key("metrics", VERSION)


def report(attempt: int = 1, **figures: Any) -> Report:
    return Report(
        asset="metrics",
        version=VERSION,
        attempt=attempt,
        path=f"/lake/{attempt_key('metrics', VERSION, attempt)}",
        files=[{"name": "rows/part-0.parquet", "size": 10}],
        inputs={"lr_model": "f" * 32},
        params={},
        code="c" * 32,
        spark="4.1.1",
        rows={"test": 3},
        figures=figures,
        seconds={"score": 0.5},
        started="2026-01-01T00:00:00.000+00:00",
        finished="2026-01-01T00:00:01.000+00:00",
    )


def store(lake: Lake, **changes: Any) -> None:
    """Commit a report, then write it again with these changes."""
    commit(lake, report())
    stored = lake.read(KEY)
    assert stored
    lake.write_json(KEY, {**stored.json(), **changes})


def test_an_uncommitted_version_has_no_report(lake: Lake) -> None:
    assert read_report(lake, "metrics", VERSION) is None


def test_a_committed_report_is_read_unchanged(lake: Lake) -> None:
    commit(lake, report(accuracy=0.9))
    committed = read_report(lake, "metrics", VERSION)
    assert committed and committed == report(accuracy=0.9)


def test_the_first_commit_returns_its_own_report(lake: Lake) -> None:
    assert commit(lake, report(accuracy=0.9)) == report(accuracy=0.9)


def test_the_second_commit_returns_the_first_one(lake: Lake) -> None:
    commit(lake, report(1))
    assert commit(lake, report(2)) == report(1)


def test_the_second_commit_changes_nothing(lake: Lake) -> None:
    commit(lake, report(1))
    commit(lake, report(2))
    committed = read_report(lake, "metrics", VERSION)
    assert committed and committed.attempt == 1


def test_a_forced_commit_replaces_the_report_it_read(lake: Lake) -> None:
    commit(lake, report(1))
    committed = read_commit(lake, "metrics", VERSION)
    assert committed
    assert commit(lake, report(2), committed.etag) == report(2)


def test_a_forced_commit_loses_to_another_that_was_faster(lake: Lake) -> None:
    commit(lake, report(1))
    committed = read_commit(lake, "metrics", VERSION)
    assert committed
    commit(lake, report(3), committed.etag)
    assert commit(lake, report(2), committed.etag) == report(3)


def test_a_forced_commit_over_a_report_that_vanished_is_an_error(folder_lake: Lake) -> None:
    with pytest.raises(JobError, match="vanished"):
        commit(folder_lake, report(2), "0" * 64)


def test_a_figure_that_is_not_a_number_is_refused(folder_lake: Lake) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        commit(folder_lake, report(log_loss=float("nan")))
    assert folder_lake.read(KEY) is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b'{"schema": 1}'])
def test_a_damaged_report_is_an_error_that_names_the_file(folder_lake: Lake, body: bytes) -> None:
    folder_lake.write(KEY, body)
    with pytest.raises(JobError) as caught:
        read_report(folder_lake, "metrics", VERSION)
    assert folder_lake.uri(KEY) in str(caught.value)
    assert "delete it and materialize" in str(caught.value)


def test_a_report_of_a_newer_release_is_an_error_naming_both_schemas(folder_lake: Lake) -> None:
    store(folder_lake, schema=SCHEMA + 1)
    with pytest.raises(JobError, match=f"has schema {SCHEMA + 1}, this release reads {SCHEMA}"):
        read_report(folder_lake, "metrics", VERSION)


def test_a_report_of_a_newer_release_is_not_reported_as_damaged(folder_lake: Lake) -> None:
    folder_lake.write(KEY, json.dumps({"schema": SCHEMA + 1, "outcome": {}}).encode())
    with pytest.raises(JobError, match="use the release that wrote it"):
        read_report(folder_lake, "metrics", VERSION)


def test_an_unknown_field_is_ignored(folder_lake: Lake) -> None:
    store(folder_lake, remark="by hand")
    committed = read_report(folder_lake, "metrics", VERSION)
    assert committed and committed == report()


def test_all_keys_of_a_version_are_below_its_digest() -> None:
    assert [
        lease_key("a", "v"),
        report_key("a", "v"),
        attempt_key("a", "v", 2),
        job_key("a", "v", 2, "request.json"),
    ] == [
        "a/v/claim.json",
        "a/v/report.json",
        "a/v/attempts/2",
        "a/v/attempts/2/_job/request.json",
    ]


def test_versions_do_not_share_a_report(folder_lake: Lake) -> None:
    commit(folder_lake, report())
    commit(folder_lake, replace(report(), version="e" * 32))
    committed = read_report(folder_lake, "metrics", "e" * 32)
    assert committed and committed.version == "e" * 32
