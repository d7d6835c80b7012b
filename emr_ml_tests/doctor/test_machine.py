"""`emr-ml doctor` names what is wrong with the machine: Java, Spark, settings, disk."""

import shutil
import sys
from pathlib import Path

import pytest

from emr_ml.doctor import machine
from emr_ml_tests.doctor.diagnosis import all_well, the_bad_one


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_no_java(lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lake.exists()
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    said = the_bad_one()

    assert said.startswith("Java Spark needs Java 17 or 21, and there is none in JAVA_HOME or PATH")
    assert said.endswith("Fix: run `make setup`")


def test_a_java_of_another_release(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not lake.exists()
    java = executable(tmp_path / "old" / "bin" / "java", "#!/bin/sh\necho 'version \"11.0\"' >&2\n")
    monkeypatch.setenv("JAVA_HOME", str(java.parent.parent))

    assert f"Java Spark needs Java 17 or 21, but {java} is 11. Fix: " in the_bad_one()


def test_another_release_of_spark(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not lake.exists()
    monkeypatch.setattr(machine, "version", lambda _: "4.0.0")  # pyright: ignore[reportUnknownLambdaType] - of any argument

    said = the_bad_one()

    assert said.startswith("Spark pyspark is 4.0.0, and emr-spark-8.1.0 has 4.1.1. Fix: ")


def test_a_python_that_is_too_old() -> None:
    found = machine.check_python((3, 9))

    assert not found.passed
    assert found.text == "3.9 is not supported"
    assert machine.check_python(sys.version_info[:2]).passed


def test_a_setting_that_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "soon")

    assert the_bad_one().startswith("settings EMR_ML_FAST_POLL_SECONDS: ")


def test_a_deployment_that_needs_another_lake(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")

    said = the_bad_one()

    assert said.startswith("settings EMR_ML_LAKE: ")
    assert str(lake) in said


def test_a_full_disk(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")._replace(free=300_000_000)
    monkeypatch.setattr("emr_ml.doctor.machine.shutil.disk_usage", lambda _: usage)  # pyright: ignore[reportUnknownLambdaType] - of any argument

    said = the_bad_one()

    assert said.startswith("disk 0.3 GB are free at ")
    assert str(lake.parent) in said


@pytest.mark.usefixtures("aws")
def test_no_java_is_needed_where_jobs_run_on_emr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")

    all_well("Java", "cluster")
