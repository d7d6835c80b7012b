"""What is garbage: what is not reachable from a root and was not used lately."""

import pytest

from emr_ml_tests.retention.stored import Stored, version
from spark_jobs.runtime.lake import Lake


@pytest.fixture(name="stored")
def fixture_stored(lake: Lake) -> Stored:
    return Stored(lake)


def names(stored: Stored, **options: float) -> list[tuple[str, str]]:
    return sorted((each.kind, each.key) for each in stored.garbage(**options))  # pyright: ignore[reportArgumentType] - the options are what it takes


def test_a_version_that_is_not_current_is_garbage(stored: Stored) -> None:
    stored.commit("metrics", 1)
    stored.commit("metrics", 2)
    stored.current("metrics", 2)

    assert names(stored) == [("version", f"metrics/{version(1)}")]


def test_the_inputs_of_a_current_version_are_kept(stored: Stored) -> None:
    stored.commit("raw_csv_s3", 1)
    stored.commit("processed_dataset", 2, raw_csv_s3=1)
    stored.commit("lr_model", 3, processed_dataset=2)
    stored.current("lr_model", 3)

    assert names(stored) == []


def test_only_the_last_champions_are_kept_with_their_inputs(
    stored: Stored,
) -> None:
    for number in (1, 2, 3):
        stored.commit("processed_dataset", number + 10)
        stored.commit("lr_model", number, processed_dataset=number + 10)
        stored.champion(number, over=number - 1 or None)

    gone = [("version", f"lr_model/{version(1)}"), ("version", f"processed_dataset/{version(11)}")]
    assert names(stored, champions=2) == gone


def test_a_version_that_was_used_lately_is_kept(stored: Stored) -> None:
    stored.commit("metrics", 1)

    assert names(stored, age=60) == []


def test_a_part_is_kept_as_long_as_a_kept_version_contains_it(stored: Stored) -> None:
    taken, left = stored.part("aa-1"), stored.part("aa-2")
    stored.commit("processed_dataset", 1, parts=[taken])
    stored.commit("processed_dataset", 2, parts=[taken, left])
    stored.current("processed_dataset", 1)

    assert names(stored) == [
        ("part", "processed_dataset/parts/aa-2"),
        ("version", f"processed_dataset/{version(2)}"),
    ]


def test_attempts_that_were_not_committed_are_garbage(stored: Stored) -> None:
    stored.part("aa-1", "killed-1")
    taken = stored.part("aa-1")
    stored.commit("processed_dataset", 1, parts=[taken])
    stored.data("processed_dataset", 1, attempt=2)
    stored.current("processed_dataset", 1)

    assert names(stored) == [
        ("attempt", f"processed_dataset/{version(1)}/attempts/2"),
        ("attempt", "processed_dataset/parts/aa-1/killed-1"),
    ]


def test_a_version_that_was_never_committed_is_garbage(stored: Stored) -> None:
    stored.data("lr_model", 1)

    assert names(stored) == [("version", f"lr_model/{version(1)}")]


def test_other_objects_are_never_garbage(stored: Stored) -> None:
    stored.lake.write("lr_model/notes.txt", b"mine")
    stored.lake.write("raw_csv_s3/files/0123.csv", b"rows")

    assert names(stored) == []
