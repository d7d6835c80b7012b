"""No content of the lake's own files is executed, or leads outside the lake."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emr_ml.lake import current
from emr_ml.lake.champion import KEY as CHAMPION_KEY
from emr_ml.lake.champion import Champion, ChampionRecord, read_record
from emr_ml.lake.inputs import committed_input
from emr_ml.lake.leases import LeaseFile
from emr_ml.launchers.emr.cluster_state import console_link
from emr_ml.launchers.remote.messages import log_message
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.attempt import read_failure
from spark_jobs.runtime.job import Input, JobError, Request, SourceFile
from spark_jobs.runtime.lake import FolderLake, Lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.parts import ManifestEntry, Part
from spark_jobs.runtime.report import (
    Report,
    attempt_key,
    job_key,
    lease_key,
    parts_key,
    read_parts,
    read_report,
    report_key,
)
from spark_jobs.runtime.request_validation import parse_request

ASSET, VERSION = "metrics", "0123456789abcdef" * 2
HOSTILE_TEXTS = [
    *("..", "../../etc", "/etc/passwd", "s3://other/x", "a/../../b", "a\0b", "", "parts/../.."),
    *('"; rm -rf ~', "$(id)", "__import__('os')", "<script>alert(1)</script>"),
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(HOSTILE_TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
REQUEST = job_key(ASSET, VERSION, 1, "request.json")
PART_HOME = f"{parts_key(ASSET, 'r' * 16)}{'p' * 16}"
PART = Part(f"{PART_HOME}/v-1", {"a.csv": "sha256:0"}, {"kept": 1}, {"rules": {}})


def report(**changes: Any) -> Report:
    return a_report(**{"asset": ASSET, "version": VERSION, "spark": "4.1.1", **changes})


def request_in(lake: Lake) -> Request:
    """Return the request of a job that reads a snapshot and a data set in parts."""
    path = lake.uri(attempt_key("processed_dataset", VERSION, 1))
    file = SourceFile("a.csv", f"{lake.root}/raw_csv_s3/files/0.csv", 1, "sha256:0", ("a",))
    return Request(
        asset=ASSET,
        version=VERSION,
        attempt=1,
        lake=lake.root,
        output=lake.uri(attempt_key(ASSET, VERSION, 1)),
        inputs={"x": Input(VERSION, path, (file,), (ManifestEntry(PART.key),))},
        contract={},
        params={},
        code="",
        spark="4.1.1",
        parts=(PART,),
        new_part=f"{ASSET}/parts/new/v-1",
    )


def read_request(lake: Lake) -> Request | None:
    stored = lake.read(REQUEST)
    return parse_request(stored) if stored else None


# how a record is read, its key, and its usual content
READ: dict[str, tuple[Callable[[Lake], Any], str, Callable[[Lake], dict[str, Any]]]] = {
    "report": (
        lambda lake: committed_input(lake, ASSET, VERSION),
        report_key(ASSET, VERSION),
        lambda _: asdict(report(parts=[{"key": PART.key, "without": []}])),
    ),
    "snapshot": (
        lambda lake: committed_input(lake, ASSET, VERSION),
        report_key(ASSET, VERSION),
        lambda lake: asdict(
            report(spark=None, files=[request_in(lake).inputs["x"].files[0].as_json()])
        ),
    ),
    "lease": (
        lambda lake: LeaseFile(lake, lease_key(ASSET, VERSION)).read(),
        lease_key(ASSET, VERSION),
        lambda _: {
            "attempt": 1,
            "run_id": "r",
            "host": "h",
            "pid": 1,
            "nonce": "n",
            "renewed_at": "t",
            "status": "held",
            "place": {"cluster": "j-1"},
        },
    ),
    "current": (
        lambda lake: current.read_current(lake, ASSET),
        f"{ASSET}/current.json",
        lambda _: asdict(current.Current(VERSION, "/path", "run", 1.0)),
    ),
    "refused": (
        lambda lake: current.missing_reason(lake, ASSET),
        f"{ASSET}/refused.json",
        lambda _: {"version": VERSION, "run_id": "run", "checks": ["a"]},
    ),
    "champion": (
        read_record,
        CHAMPION_KEY,
        lambda _: asdict(ChampionRecord((Champion(VERSION, None, "t", "first", "w"),))),
    ),
    "part": (
        lambda lake: list(read_parts(lake, ASSET, "r" * 16)),
        f"{PART_HOME}/part.json",
        lambda _: PART.as_json(),
    ),
    "request": (read_request, REQUEST, lambda lake: request_in(lake).as_json()),
    "error": (
        lambda lake: read_failure(lake, ASSET, VERSION, 1),
        job_key(ASSET, VERSION, 1, "error.json"),
        lambda _: {"message": "m", "by_user": True, "retryable": False, "trace": ""},
    ),
}
EACH = pytest.mark.parametrize("name", READ)
again_and_again = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@EACH
def test_a_valid_record_is_read(folder_lake: Lake, name: str) -> None:
    read, key, written = READ[name]
    folder_lake.write_json(key, written(folder_lake))

    assert read(folder_lake)


@EACH
@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null", b"7", b"[" * 100_000])
def test_a_record_that_is_not_a_json_object_is_reported_with_its_address(
    folder_lake: Lake, name: str, body: bytes
) -> None:
    read, key, _ = READ[name]
    folder_lake.write(key, body)

    with pytest.raises(JobError) as caught:
        read(folder_lake)

    assert folder_lake.uri(key) in str(caught.value)


@EACH
@again_and_again
@given(data=st.data())
def test_any_value_of_a_field_is_accepted_or_refused_with_a_message(
    folder_lake: Lake, name: str, data: st.DataObject
) -> None:
    read, key, written = READ[name]
    value = written(folder_lake)
    value[data.draw(st.sampled_from(sorted(value)))] = data.draw(JSON)
    folder_lake.write_json(key, value)

    with suppress(JobError):
        read(folder_lake)


@pytest.mark.parametrize("path", HOSTILE_TEXTS)
def test_no_report_makes_a_job_read_data_outside_the_lake(folder_lake: Lake, path: str) -> None:
    for change in ({"path": path}, {"attempt": path}, {"parts": [{"key": path, "without": []}]}):
        folder_lake.write_json(report_key(ASSET, VERSION), asdict(report()) | change)
        try:
            given = committed_input(folder_lake, ASSET, VERSION)
        except JobError:
            continue
        assert given.path == folder_lake.uri(attempt_key(ASSET, VERSION, 1))
        assert all(folder_lake.uri(part.key) for part in given.parts)


def test_a_report_of_another_version_is_refused(folder_lake: Lake) -> None:
    other = asdict(report(version="e" * 32))
    folder_lake.write_json(report_key(ASSET, VERSION), other)

    with pytest.raises(JobError, match="it is of metrics eeee"):
        read_report(folder_lake, ASSET, VERSION)


@pytest.mark.parametrize("path", ["..", "../x", f"{ASSET}/parts/other/v-1", "/etc"])
def test_the_data_of_a_part_must_be_beside_its_commit(folder_lake: Lake, path: str) -> None:
    folder_lake.write_json(f"{PART_HOME}/part.json", replace(PART, key=path).as_json())

    with pytest.raises(JobError):
        list(read_parts(folder_lake, ASSET, "r" * 16))


def outside(lake: Lake) -> dict[str, Request]:
    """Return requests, each with one path outside the lake."""
    good = request_in(lake)
    given = good.inputs["x"]
    copy = replace(given.files[0], uri="s3://other/secret.csv")
    return {
        "lake": replace(good, lake="/elsewhere", output=f"/elsewhere/{ASSET}/{VERSION}/attempts/1"),
        "wider lake": replace(
            good, lake=str(Path(lake.root).parent), asset=f"{Path(lake.root).name}/{ASSET}"
        ),
        "output": replace(good, output="/home/somebody/.ssh"),
        "input": replace(good, inputs={"x": replace(given, path="s3://other/model")}),
        "input above": replace(good, inputs={"x": replace(given, path=f"{lake.root}/../model")}),
        "copy": replace(good, inputs={"x": replace(given, files=(copy,))}),
        "input's part": replace(
            good, inputs={"x": replace(given, parts=(ManifestEntry("../part"),))}
        ),
        "part": replace(good, parts=(replace(PART, key="../part"),)),
        "new part": replace(good, new_part="../../part"),
        "asset": replace(good, asset="os"),
        "version": replace(good, version="e" * 32),
        "attempt": replace(good, attempt=2),
    }


@pytest.mark.parametrize("what", outside(FolderLake("/lake")))
def test_a_request_that_names_a_path_outside_its_lake_is_refused(
    folder_lake: Lake, what: str
) -> None:
    folder_lake.write_json(REQUEST, outside(folder_lake)[what].as_json())

    with pytest.raises(JobError, match=r"which is outside the lake|it belongs to another attempt"):
        read_request(folder_lake)


@pytest.mark.parametrize("version", HOSTILE_TEXTS)
def test_a_pointer_to_something_other_than_a_version_is_refused(
    folder_lake: Lake, version: str
) -> None:
    folder_lake.write_json(
        f"{ASSET}/current.json", asdict(current.Current(version, "/", "run", 1.0))
    )
    standing = current.read_current(folder_lake, ASSET)
    assert standing

    with pytest.raises(JobError):
        committed_input(folder_lake, ASSET, standing.version)


@example(b'{"method": {"log": 1}}')
@example(b'{"method": "log", "params": {"message": "m", "level": ["INFO"]}}')
@example(b"[" * 100_000)
@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_message_of_a_job_is_logged_or_skipped(body: bytes) -> None:
    kind = log_message(body.decode(errors="replace"), logging.Logger("nobody"))

    assert kind is not None


def test_a_message_is_never_used_as_a_format_string(caplog: pytest.LogCaptureFixture) -> None:
    text = "%s %(name)s {0.__class__} ${jndi:ldap://x}"
    said = {"method": "log", "params": {"message": text, "level": "WARNING"}}

    log_message(json.dumps(said), logging.getLogger("job"))

    assert caplog.messages == [text]


@given(st.text(max_size=30))
def test_the_link_to_a_cluster_leads_to_the_console_whatever_the_lease_contains(
    cluster: str,
) -> None:
    assert console_link("eu-west-1", cluster).startswith(
        "https://eu-west-1.console.aws.amazon.com/emr/home?region=eu-west-1#/clusterDetails/"
    )


def test_a_lease_with_an_invalid_process_id_is_not_taken_over(folder_lake: Lake) -> None:
    lease = READ["lease"][2](folder_lake) | {"host": "x", "pid": 10**30}
    folder_lake.write(lease_key(ASSET, VERSION), as_json(lease))

    assert LeaseFile(folder_lake, lease_key(ASSET, VERSION)).acquire("run") is None
