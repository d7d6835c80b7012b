"""What Spark is told on one machine."""

from pathlib import Path

import pytest

from emr_ml.launchers import local_conf
from emr_ml.launchers.local_conf import are_small


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of two files of 4 bytes each, where 10 bytes are few."""
    monkeypatch.setattr(local_conf, "SMALL_BYTES", 10)
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("1,2\n")
    return tmp_path


def test_samples_are_small() -> None:
    assert are_small([None, None])


def test_few_bytes_in_all_sources_together_are_small(folder: Path) -> None:
    assert are_small([str(folder), None])
    assert not are_small([str(folder), str(folder / "a.csv")])


@pytest.mark.parametrize("source", ["s3://bucket/rows", "/no/such/file.csv"])
def test_what_is_not_known_to_be_small_is_not(source: str) -> None:
    assert not are_small([None, source])


@pytest.mark.parametrize(("said", "gigabytes"), [(str(8 << 30), 2), (str(1 << 30), 1)])
def test_a_container_has_a_quarter_of_its_own_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, gigabytes: int
) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(said)
    monkeypatch.setattr(local_conf, "CONTAINER_LIMITS", (tmp_path / "none", limit))
    assert local_conf.driver_gigabytes() == gigabytes


def test_a_container_without_a_limit_is_as_large_as_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_conf, "CONTAINER_LIMITS", ())
    machine = local_conf.driver_gigabytes()
    limit = tmp_path / "memory.max"
    limit.write_text("max\n")
    monkeypatch.setattr(local_conf, "CONTAINER_LIMITS", (limit,))
    assert local_conf.driver_gigabytes() == machine
