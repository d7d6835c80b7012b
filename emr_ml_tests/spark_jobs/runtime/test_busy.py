"""EMR is told that a node is at work, and no other machine is written to."""

from pathlib import Path

from emr_ml_tests.waiting import wait_until
from spark_jobs.runtime.busy import busy_node


def touches(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


def test_the_file_is_touched_until_the_job_ends(tmp_path: Path) -> None:
    file = tmp_path / "isbusy"

    with busy_node(file, interval=0.02):
        wait_until(file.exists)
        first = touches(file)
        wait_until(lambda: touches(file) > first)


def test_a_machine_without_emr_s_folder_gets_none(tmp_path: Path) -> None:
    with busy_node(tmp_path / "emr" / "isbusy"):
        pass

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_can_not_be_written_ends_no_job(tmp_path: Path) -> None:
    (tmp_path / "isbusy").mkdir()

    with busy_node(tmp_path / "isbusy" / "..." / "x"):
        pass
