"""A removal never takes away what somebody has picked."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from emr_ml.lake.inputs import committed_input
from emr_ml.lake.usage import USED, mark_used
from emr_ml.retention.policy import Removal
from emr_ml.retention.removal import remove_all
from emr_ml.retention.survey import survey
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


def the_one(stored: Stored) -> Removal:
    (found,) = stored.removable()
    return found


def never(_key: str) -> bool:
    return False


def remove(lake: Lake, removal: Removal, is_root: Callable[[str], bool]) -> bool:
    return bool(list(remove_all(lake, survey(lake, ASSETS), [removal], is_root)))


def test_of_a_removed_version_the_claim_is_left_so_that_attempts_count_on(stored: Stored) -> None:
    assert remove(stored.lake, the_one(stored), never)

    assert stored.objects() == [f"lr_model/{version(1)}/claim.json"]
    assert stored.removable() == []


def test_who_picks_a_version_that_is_gone_is_told_so(stored: Stored) -> None:
    remove(stored.lake, the_one(stored), never)

    with pytest.raises(JobError, match="is gone from"):
        committed_input(stored.lake, "lr_model", version(1))


def test_a_version_that_was_picked_after_the_survey_stays(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = the_one(stored)
    monkeypatch.setattr("emr_ml.lake.usage.FRESH_SECONDS", 0.0)
    # the clock of S3 counts in seconds
    found = replace(found, folder=replace(found.folder, used=found.folder.used - 5))
    committed_input(stored.lake, "lr_model", version(1))

    assert not remove(stored.lake, found, never)

    assert read_report(stored.lake, "lr_model", version(1))
    assert committed_input(stored.lake, "lr_model", version(1))


def test_a_version_that_has_become_current_after_the_survey_stays(stored: Stored) -> None:
    found = the_one(stored)

    assert not remove(stored.lake, found, lambda key: key == found.key)

    assert read_report(stored.lake, "lr_model", version(1))


def test_what_a_new_attempt_writes_meanwhile_is_not_touched(stored: Stored) -> None:
    found = the_one(stored)
    key = stored.data("lr_model", 1, attempt=2)

    remove(stored.lake, found, never)

    assert stored.lake.read(key)


def test_of_an_attempt_nothing_but_its_own_data_goes(stored: Stored) -> None:
    stored.current("lr_model", 1)
    key = stored.data("lr_model", 1, attempt=2)

    assert remove(stored.lake, the_one(stored), never)

    assert stored.lake.read(key) is None
    assert read_report(stored.lake, "lr_model", version(1))


def test_a_use_is_noted_once_an_hour(stored: Stored) -> None:
    folder = f"lr_model/{version(1)}"
    mark_used(stored.lake, folder)
    noted = stored.lake.read(f"{folder}/{USED}")

    mark_used(stored.lake, folder)

    assert stored.lake.read(f"{folder}/{USED}") == noted


def test_what_a_picked_version_was_made_of_stays_with_it(lake: Lake) -> None:
    stored = Stored(lake)
    part = stored.part("aa-1")
    stored.commit("processed_dataset", 1, parts=[part])
    stored.commit("lr_model", 2, processed_dataset=1)
    stored.commit("metrics", 3, lr_model=2)
    found, wanted = survey(lake, ASSETS), stored.removable()
    assert {each.what for each in wanted} == {"version", "part"}

    gone = list(remove_all(lake, found, wanted, lambda key: key.startswith("lr_model/")))

    assert [each.key for each in gone] == [f"metrics/{version(3)}"]
    assert lake.read(f"{part}/kept/rows")
    for asset, number in (("lr_model", 2), ("processed_dataset", 1)):
        assert read_report(lake, asset, version(number))
