"""Promotions, rollbacks and races between them."""

import os

import pytest

from emr_ml.lake.champion import (
    MAX_HISTORY,
    MAX_LINE,
    Champion,
    promote,
    promote_by_hand,
    read_champion,
    read_record,
    roll_back,
)
from emr_ml_tests.processes import COUNT, Racers
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake, open_lake


def entry(version: str) -> Champion:
    return Champion(version, "run", "2026-11-21T00:00:00.000+00:00", "better", "by 0.1")


def champion_of(lake: Lake) -> str:
    found = read_champion(lake)
    assert found
    return found.version


def line_of(lake: Lake) -> list[str]:
    return [each.version for each in read_record(lake).line]


def with_champions(lake: Lake, *versions: str) -> Lake:
    """Promote the versions one after the other, and return the lake."""
    over = None
    for version in versions:
        assert promote(lake, entry(version), over)
        over = version
    return lake


def promote_over_the_first(root: str) -> bool:
    return promote(open_lake(root), entry(f"of process {os.getpid()}"), "first")


def roll_back_the_last(root: str) -> bool:
    try:
        roll_back(open_lake(root), "last", "it was bad")
    except JobError:
        return False
    return True


def test_there_is_no_champion_at_first(lake: Lake) -> None:
    assert read_champion(lake) is None


def test_a_promotion_is_recorded_with_run_time_and_reason(lake: Lake) -> None:
    assert promote(lake, entry("a"), None)

    assert read_champion(lake) == entry("a")
    assert read_record(lake).history == (entry("a"),)


def test_a_promotion_over_a_former_champion_does_nothing(lake: Lake) -> None:
    with_champions(lake, "a", "b")

    assert not promote(lake, entry("c"), "a")
    assert not promote(lake, entry("c"), None)
    assert line_of(lake) == ["a", "b"]


def test_one_of_several_concurrent_promotions_succeeds(lake: Lake, racers: Racers) -> None:
    with_champions(lake, "first")

    results = racers.race(promote_over_the_first, lake.root)

    assert sorted(results) == [False] * (COUNT - 1) + [True]
    assert len(read_record(lake).line) == 2


def test_a_rollback_restores_the_previous_champion_and_bars_the_other(lake: Lake) -> None:
    with_champions(lake, "a", "b", "c")

    restored = roll_back(lake, "c", "it was bad")

    assert (restored.version, restored.how, restored.why) == ("b", "rolled back", "it was bad")
    assert read_champion(lake) == restored
    assert read_record(lake).barred == ("c",)
    assert [each.version for each in read_record(lake).history] == ["a", "b", "c", "b"]
    assert not promote(lake, entry("c"), "b")


def test_rollbacks_go_back_one_by_one_to_the_first_champion(lake: Lake) -> None:
    with_champions(lake, "a", "b", "c")

    roll_back(lake, "c", "")
    roll_back(lake, "b", "")

    assert (champion_of(lake), read_record(lake).barred) == ("a", ("c", "b"))
    with pytest.raises(
        JobError, match="a is the only champion so far, so there is none to go back to"
    ):
        roll_back(lake, "a", "")


def test_one_of_several_concurrent_rollbacks_succeeds(lake: Lake, racers: Racers) -> None:
    with_champions(lake, "a", "b", "last")

    results = racers.race(roll_back_the_last, lake.root)

    assert sorted(results) == [False] * (COUNT - 1) + [True]
    assert champion_of(lake) == "b"


def test_a_rollback_of_a_former_champion_is_an_error(folder_lake: Lake) -> None:
    with_champions(folder_lake, "a", "b", "c")

    with pytest.raises(JobError, match="the champion is now c, not b"):
        roll_back(folder_lake, "b", "")
    assert champion_of(folder_lake) == "c"


def test_a_promotion_by_hand_lifts_the_bar_of_a_version(lake: Lake) -> None:
    with_champions(lake, "a", "b")
    roll_back(lake, "b", "")

    assert promote_by_hand(lake, "b", "it was not that bad")

    assert champion_of(lake) == "b"
    assert read_record(lake).barred == ()
    assert line_of(lake) == ["a", "b"]


def test_a_rollback_to_a_version_lifts_its_bar(folder_lake: Lake) -> None:
    with_champions(folder_lake, "a", "b")
    promote_by_hand(folder_lake, "a", "")
    roll_back(folder_lake, "a", "")
    assert read_record(folder_lake).barred == ("a",)

    roll_back(folder_lake, "b", "")

    assert (champion_of(folder_lake), read_record(folder_lake).barred) == ("a", ("b",))


def test_a_promotion_by_hand_of_the_champion_changes_nothing(folder_lake: Lake) -> None:
    with_champions(folder_lake, "a")

    assert not promote_by_hand(folder_lake, "a", "")
    assert len(read_record(folder_lake).history) == 1


def test_the_first_champion_can_be_promoted_by_hand(folder_lake: Lake) -> None:
    assert promote_by_hand(folder_lake, "a", "to begin with")
    assert champion_of(folder_lake) == "a"


def test_the_record_keeps_a_limited_number_of_entries(folder_lake: Lake) -> None:
    record = read_record(folder_lake)
    for number in range(MAX_HISTORY + 10):
        record = record.with_line((*record.line, entry(str(number))), entry(str(number)))

    assert (len(record.line), len(record.history)) == (MAX_LINE, MAX_HISTORY)
    assert record.line[-1] == record.history[-1] == entry(str(MAX_HISTORY + 9))
