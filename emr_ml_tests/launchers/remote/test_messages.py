"""The messages of a job are logged in order, and once."""

import json
import logging

import pytest

from emr_ml.launchers.remote.messages import Messages
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake

LOG = logging.getLogger("test_messages")
REQUEST = Request("metrics", "v", 1, "", "", {}, {}, {}, "", "4.1.1")
FOLDER = "metrics/v/attempts/1/_job/messages"


def chunk(lake: Lake, number: int, *messages: str) -> None:
    lines = [
        json.dumps({"method": "log", "params": {"message": message, "level": "INFO"}})
        for message in messages
    ]
    lake.write(f"{FOLDER}/{number}.json", "\n".join(lines).encode())


@pytest.fixture(autouse=True)
def all_levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, LOG.name)


def test_chunks_are_read_in_order_and_once(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    messages = Messages(folder_lake, REQUEST)
    for number in range(1, 12):
        chunk(folder_lake, number, f"a {number}", f"b {number}")
        messages.forward(LOG)
    messages.forward(LOG)
    assert caplog.messages == [f"{c} {n}" for n in range(1, 12) for c in "ab"]


def test_a_new_reader_starts_from_the_first_chunk(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    chunk(folder_lake, 1, "first")
    Messages(folder_lake, REQUEST).forward(LOG)
    chunk(folder_lake, 2, "second")
    caplog.clear()
    Messages(folder_lake, REQUEST).forward(LOG)
    assert caplog.messages == ["first", "second"]


def test_invalid_log_messages_are_skipped(
    folder_lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    body = b'{"method": "opened", "params": {}}\nnot json\n[1]\n{"method": "log", "params": null}'
    folder_lake.write(f"{FOLDER}/1.json", body)
    chunk(folder_lake, 2, "100 % done")
    Messages(folder_lake, REQUEST).forward(LOG)
    assert caplog.messages == ["100 % done"]


def test_files_needed_only_by_a_running_attempt_are_removed(lake: Lake) -> None:
    chunk(lake, 1, "done")
    lake.write("metrics/v/attempts/1/_job/checkpoints/rdd-1/part-0", b"rows")
    lake.write("metrics/v/attempts/1/_job/request.json", b"{}")
    lake.write("metrics/v/attempts/1/rows/part-0.parquet", b"rows")
    Messages(lake, REQUEST).clear()
    assert [entry.key.removeprefix("metrics/v/attempts/1/") for entry in lake.list("metrics")] == [
        "_job/request.json",
        "rows/part-0.parquet",
    ]
