"""EMR is told that a node is at work, and no other machine is written to."""

import threading
from pathlib import Path

import pytest

from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.busy import busy_node


def touches(file: Path) -> int:
    return file.stat().st_mtime_ns


def ended() -> bool:
    return all(thread.name != "busy-node" for thread in threading.enumerate())


def test_the_file_is_touched_until_the_job_ends(tmp_path: Path) -> None:
    file = tmp_path / "isbusy"

    with busy_node(file, interval=0.02):
        wait_until(file.exists)
        first = touches(file)
        wait_until(lambda: touches(file) > first)

    wait_until(ended)


def test_a_machine_without_emr_s_folder_gets_none(tmp_path: Path) -> None:
    with busy_node(tmp_path / "emr" / "isbusy"):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_file_that_can_not_be_written_ends_no_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[Path] = []

    def touch(path: Path) -> None:
        refused.append(path)
        raise PermissionError(path)

    monkeypatch.setattr(Path, "touch", touch)

    # the tests may run as root, who may write everywhere
    with busy_node(tmp_path / "isbusy"):
        wait_until(lambda: refused)
        wait_until(ended)
