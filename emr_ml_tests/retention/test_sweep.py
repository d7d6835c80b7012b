"""A sweep never removes what was used after the inventory."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from emr_ml.lake.inputs import committed_input
from emr_ml.lake.usage import USED, mark_used
from emr_ml.retention.garbage import Garbage
from emr_ml.retention.inventory import take_inventory
from emr_ml.retention.sweep import sweep
from emr_ml_tests.retention.stored import ASSETS, Stored, version
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import lease_key, read_report


@pytest.fixture(name="stored")
def fixture_stored(lake: Lake) -> Stored:
    stored = Stored(lake)
    stored.commit("lr_model", 1)
    lake.write(lease_key("lr_model", version(1)), b"{}")
    return stored


def the_one(stored: Stored) -> Garbage:
    (found,) = stored.garbage()
    return found


def never(_key: str) -> bool:
    return False


def remove(lake: Lake, garbage: Garbage, is_root: Callable[[str], bool]) -> bool:
    return bool(list(sweep(lake, take_inventory(lake, ASSETS), [garbage], is_root)))


def test_the_lease_of_a_removed_version_stays_so_that_attempts_are_not_numbered_again(
    stored: Stored,
) -> None:
    assert remove(stored.lake, the_one(stored), never)

    assert stored.objects() == [f"lr_model/{version(1)}/claim.json"]
    assert stored.garbage() == []


def test_a_removed_version_can_not_be_used(stored: Stored) -> None:
    remove(stored.lake, the_one(stored), never)

    with pytest.raises(JobError, match="is gone from"):
        committed_input(stored.lake, "lr_model", version(1))


def test_a_version_that_was_used_after_the_inventory_stays(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = the_one(stored)
    monkeypatch.setattr("emr_ml.lake.usage.FRESH_SECONDS", 0.0)
    # S3 has times in whole seconds
    found = replace(found, folder=replace(found.folder, last_used=found.folder.last_used - 5))
    committed_input(stored.lake, "lr_model", version(1))

    assert not remove(stored.lake, found, never)

    assert read_report(stored.lake, "lr_model", version(1))
    assert committed_input(stored.lake, "lr_model", version(1))


def test_a_version_that_became_current_after_the_inventory_stays(stored: Stored) -> None:
    found = the_one(stored)

    assert not remove(stored.lake, found, lambda key: key == found.key)

    assert read_report(stored.lake, "lr_model", version(1))


def test_data_of_a_new_attempt_stays(stored: Stored) -> None:
    found = the_one(stored)
    key = stored.data("lr_model", 1, attempt=2)

    remove(stored.lake, found, never)

    assert stored.lake.read(key)


def test_only_the_data_of_an_attempt_is_removed(stored: Stored) -> None:
    stored.current("lr_model", 1)
    key = stored.data("lr_model", 1, attempt=2)

    assert remove(stored.lake, the_one(stored), never)

    assert stored.lake.read(key) is None
    assert read_report(stored.lake, "lr_model", version(1))


def test_a_mark_is_written_at_most_once_an_hour(stored: Stored) -> None:
    folder = f"lr_model/{version(1)}"
    mark_used(stored.lake, folder)
    noted = stored.lake.read(f"{folder}/{USED}")

    mark_used(stored.lake, folder)

    assert stored.lake.read(f"{folder}/{USED}") == noted


def test_a_version_that_stays_keeps_its_inputs_and_their_parts(lake: Lake) -> None:
    stored = Stored(lake)
    part = stored.part("aa-1")
    stored.commit("processed_dataset", 1, parts=[part])
    stored.commit("lr_model", 2, processed_dataset=1)
    stored.commit("metrics", 3, lr_model=2)
    inventory, garbage = take_inventory(lake, ASSETS), stored.garbage()
    assert {each.kind for each in garbage} == {"version", "part"}

    removed = list(sweep(lake, inventory, garbage, lambda key: key.startswith("lr_model/")))

    assert [each.key for each in removed] == [f"metrics/{version(3)}"]
    assert lake.read(f"{part}/kept/rows")
    for asset, number in (("lr_model", 2), ("processed_dataset", 1)):
        assert read_report(lake, asset, version(number))
