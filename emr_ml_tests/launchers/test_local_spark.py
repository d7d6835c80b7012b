"""The configuration of Spark on one machine."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from emr_ml.launchers import local_spark
from emr_ml.launchers.local_spark import DataSize, data_size


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path) -> Path:
    """Return a folder of two files, each small by itself, but not both together."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(bytes(DataSize.SMALL // 2 + 1))
    return tmp_path


def test_samples_are_small() -> None:
    assert data_size([None, None]) is DataSize.SMALL


def test_the_bytes_of_all_sources_together_are_the_size(folder: Path) -> None:
    assert data_size([str(folder / "a.csv"), None]) is DataSize.SMALL
    assert data_size([str(folder), None]) is DataSize.MEDIUM
    assert data_size([str(folder / "a.csv"), str(folder / "b.csv")]) is DataSize.MEDIUM


@pytest.mark.parametrize("source", ["s3://bucket/rows", "/no/such/file.csv"])
def test_a_source_of_unknown_size_is_not_small(source: str) -> None:
    assert data_size([None, source]) is DataSize.LARGE


def test_plans_are_compiled_only_for_large_data() -> None:
    compiled = {
        size: local_spark.local_conf(on_s3=False, size=size).get("spark.sql.codegen.wholeStage")
        for size in DataSize
    }
    assert compiled == {DataSize.SMALL: "false", DataSize.MEDIUM: "false", DataSize.LARGE: None}


@pytest.mark.parametrize("size", DataSize)
def test_java_takes_its_options_without_complaint(size: DataSize) -> None:
    java = shutil.which("java")
    assert java, "Spark needs it"
    command = [java, *shlex.split(local_spark.JAVA_OPTIONS[size]), "-version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "warning" not in (done.stdout + done.stderr).lower()


@pytest.mark.parametrize(("said", "gigabytes"), [(str(8 << 30), 2), (str(1 << 30), 1)])
def test_a_container_has_a_quarter_of_its_own_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, gigabytes: int
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(said)
    monkeypatch.setattr(local_spark, "CONTAINER_LIMITS", (tmp_path / "none", limit))
    assert local_spark.driver_gigabytes() == gigabytes


def test_a_container_without_a_limit_is_as_large_as_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_spark, "CONTAINER_LIMITS", ())
    machine = local_spark.driver_gigabytes()
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    monkeypatch.setattr(local_spark, "CONTAINER_LIMITS", (limit,))
    assert local_spark.driver_gigabytes() == machine
