"""A version that another asset has computed already is copied instead of computed."""

import logging
from typing import Any

import pytest

from emr_ml.lake import copies
from emr_ml.lake.copies import commit_copy
from emr_ml.lake.versions import VersionSpec
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.attempt import SupersededError
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, lease_key, read_report, report_key

LOG = logging.getLogger("test")
METRICS = VersionSpec(
    asset="metrics", run_id="run", inputs={}, contract={}, params={}, code="c", spark="4.1.1"
)
DATA = {"scored/part-0.parquet": b"rows", "scored/part-1.parquet": b"more rows"}


def commit_metrics(lake: Lake, **changes: Any) -> Report:
    """Commit the metrics, as their second attempt, with the data."""
    for name, body in DATA.items():
        lake.write(f"metrics/{METRICS.version}/attempts/2/{name}", body)
    files = [{"name": name, "size": len(body)} for name, body in DATA.items()]
    figures = {"accuracy": 0.9}
    report = a_report(
        asset="metrics", version=METRICS.version, attempt=2, files=files, figures=figures
    )
    return commit(lake, a_report(**{**vars(report), **changes}))


def request_in(lake: Lake) -> Request:
    """Return the request of an attempt that holds the lease."""
    lake.write_json(lease_key("champion_metrics", "v"), {"attempt": 1})
    output = lake.uri("champion_metrics/v/attempts/1")
    return Request("champion_metrics", "v", 1, lake.root, output, {}, {}, {}, "code", "4.1.1")


def data_of(lake: Lake) -> list[str]:
    return [entry.key for entry in lake.list("champion_metrics/v/attempts/1/")]


def test_a_copy_has_the_data_and_the_figures_and_is_of_its_own_asset(lake: Lake) -> None:
    metrics, request = commit_metrics(lake), request_in(lake)

    report = commit_copy(lake, METRICS, request, LOG)

    assert report
    assert report == read_report(lake, "champion_metrics", "v")
    assert (report.attempt, report.path, report.code) == (1, request.output, "code")
    assert ([*report.seconds], report.usage) == (["copy"], {})
    assert report.started > metrics.finished
    assert (report.figures, report.files, report.rows) == (
        metrics.figures,
        metrics.files,
        metrics.rows,
    )
    copied = {name: lake.read(f"champion_metrics/v/attempts/1/{name}") for name in DATA}
    assert {name: stored and stored.body for name, stored in copied.items()} == DATA


def test_what_is_not_committed_is_not_copied(folder_lake: Lake) -> None:
    assert commit_copy(folder_lake, METRICS, request_in(folder_lake), LOG) is None


def test_what_is_large_is_left_to_a_job(folder_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_metrics(folder_lake)
    monkeypatch.setattr(copies, "MAX_BYTES", sum(map(len, DATA.values())) - 1)

    assert commit_copy(folder_lake, METRICS, request_in(folder_lake), LOG) is None
    assert data_of(folder_lake) == []


def test_a_file_that_is_gone_leaves_nothing_that_would_keep_a_job_from_starting(
    folder_lake: Lake,
) -> None:
    commit_metrics(folder_lake)
    folder_lake.remove(f"metrics/{METRICS.version}/attempts/2/scored/part-1.parquet")

    assert commit_copy(folder_lake, METRICS, request_in(folder_lake), LOG) is None
    assert data_of(folder_lake) == []


def test_what_is_made_of_parts_is_not_copied(folder_lake: Lake) -> None:
    commit_metrics(folder_lake, parts=[{"key": "metrics/parts/a", "excluded": []}])

    assert commit_copy(folder_lake, METRICS, request_in(folder_lake), LOG) is None


def test_a_report_that_cannot_be_read_is_left_to_a_job(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    folder_lake.write(report_key("metrics", METRICS.version), b"{")

    assert commit_copy(folder_lake, METRICS, request_in(folder_lake), LOG) is None
    assert "not copied, but computed: " in caplog.text


def test_an_interrupted_copy_can_be_repeated(folder_lake: Lake) -> None:
    commit_metrics(folder_lake)
    request = request_in(folder_lake)
    folder_lake.write("champion_metrics/v/attempts/1/scored/part-0.parquet", b"ro")

    assert commit_copy(folder_lake, METRICS, request, LOG)
    copied = folder_lake.read("champion_metrics/v/attempts/1/scored/part-0.parquet")
    assert copied
    assert copied.body == b"rows"


def test_another_process_that_commits_first_wins(folder_lake: Lake) -> None:
    commit_metrics(folder_lake)
    first = commit(folder_lake, a_report(asset="champion_metrics", version="v"))

    assert commit_copy(folder_lake, METRICS, request_in(folder_lake), LOG) == first


def test_an_attempt_that_was_superseded_commits_nothing(folder_lake: Lake) -> None:
    commit_metrics(folder_lake)
    request = request_in(folder_lake)
    folder_lake.write_json(lease_key("champion_metrics", "v"), {"attempt": 2})

    with pytest.raises(SupersededError):
        commit_copy(folder_lake, METRICS, request, LOG)
    assert read_report(folder_lake, "champion_metrics", "v") is None
