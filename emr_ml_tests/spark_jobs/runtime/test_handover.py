"""The record by which an application is handed over: an offer is taken or withdrawn, never both."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from spark_jobs.runtime.handover import Handover, wait_for_next
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.lake.base import Stored

KEY, HOST = "clusters/handovers/run-1.json", "s3://lake/a/1/attempts/1/_job/request.json"
DONE = "s3://lake/b/1/attempts/1/_job/request.json"


def change(lake: Lake, to: Callable[[Handover], Handover]) -> bool:
    stored = lake.read(KEY)
    assert stored
    return to(Handover.of(stored)).write(lake, KEY, stored)


def offered(lake: Lake) -> None:
    def offer(record: Handover) -> Handover:
        return replace(record, state="offered", request="r", module="m", more=True)

    assert change(lake, offer)


def test_an_offer_is_taken_with_all_that_it_says(folder_lake: Lake) -> None:
    taken = wait_for_next(folder_lake, KEY, HOST, DONE, sleep=lambda _: offered(folder_lake))

    assert taken == Handover("taken", HOST, "r", "m", more=True)


def test_after_an_attempt_the_record_still_says_that_it_was_taken(folder_lake: Lake) -> None:
    Handover("taken", HOST, DONE, "m").write(folder_lake, KEY, None)
    seen: list[Handover] = []

    def look(_: float) -> None:
        stored = folder_lake.read(KEY)
        assert stored
        seen.append(Handover.of(stored))
        change(folder_lake, lambda record: replace(record, state="closed"))

    assert wait_for_next(folder_lake, KEY, HOST, DONE, sleep=look) is None
    assert seen == [Handover("waiting", HOST, DONE, "m")]


@pytest.mark.parametrize("state", ["waiting", "offered", "taken"])
def test_of_two_applications_of_a_run_one_waits(folder_lake: Lake, state: str) -> None:
    Handover(state, "another").write(folder_lake, KEY, None)  # pyright: ignore[reportArgumentType] - one of its states

    assert wait_for_next(folder_lake, KEY, HOST, DONE) is None


def test_an_application_waits_after_that_of_another_step_has_closed(folder_lake: Lake) -> None:
    Handover("closed", "another", "old", "old").write(folder_lake, KEY, None)

    taken = wait_for_next(folder_lake, KEY, HOST, DONE, sleep=lambda _: offered(folder_lake))

    assert taken
    assert (taken.host, taken.request) == (HOST, "r")


def test_without_an_offer_it_closes(folder_lake: Lake) -> None:
    assert wait_for_next(folder_lake, KEY, HOST, DONE, seconds=-1.0) is None

    stored = folder_lake.read(KEY)
    assert stored
    assert Handover.of(stored).state == "closed"


def test_an_offer_is_taken_though_the_answer_to_the_write_is_lost(
    folder_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Handover.write

    def lost(record: Handover, lake: Lake, key: str, over: Stored | None) -> bool:
        written(record, lake, key, over)
        return False

    def offer_and_lose(_: float) -> None:
        offered(folder_lake)
        monkeypatch.setattr(Handover, "write", lost)

    taken = wait_for_next(folder_lake, KEY, HOST, DONE, sleep=offer_and_lose)

    assert taken
    assert (taken.state, taken.request) == ("taken", "r")


def test_an_attempt_that_was_taken_before_an_error_is_not_forgotten(folder_lake: Lake) -> None:
    Handover("taken", HOST, "r", "m").write(folder_lake, KEY, None)

    assert wait_for_next(folder_lake, KEY, HOST, DONE) == Handover("taken", HOST, "r", "m")


def test_without_a_living_spark_nothing_is_taken(folder_lake: Lake) -> None:
    Handover("waiting", HOST).write(folder_lake, KEY, None)
    offered(folder_lake)

    assert wait_for_next(folder_lake, KEY, HOST, DONE, is_alive=lambda: False) is None

    stored = folder_lake.read(KEY)
    assert stored
    assert Handover.of(stored).state == "closed"


def test_a_damaged_record_is_named(folder_lake: Lake) -> None:
    folder_lake.write_json(KEY, {"state": "asleep", "host": HOST})

    with pytest.raises(JobError, match=r"run-1\.json is not what this project writes"):
        wait_for_next(folder_lake, KEY, HOST, DONE)
