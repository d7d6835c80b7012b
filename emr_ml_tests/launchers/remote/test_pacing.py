"""A target is asked rarely, and less often while nothing changes."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from emr_ml.launchers.remote import pacing, polling
from emr_ml.launchers.remote.pacing import PacedLook
from emr_ml.launchers.remote.polling import PollingPolicy
from emr_ml_tests.launchers.remote.clock import FakeClock

PACE = PollingPolicy(fast=1.0, slow=10.0, visibility=0.0, patience=0.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch, pacing, polling)


def times_of_calls(
    look: PacedLook[str], clock: FakeClock, calls: list[float], end: int
) -> list[float]:
    """Want the state once a second, and return when the target was asked."""
    for second in range(end):
        clock.now = float(second)
        try:
            look.latest()
        except ConnectionError:
            assert look.answers.failing
    return calls


def test_a_state_that_stays_is_asked_for_less_and_less_often(clock: FakeClock) -> None:
    calls: list[float] = []

    def ask() -> str:
        calls.append(clock.now)
        return "RUNNING"

    times = times_of_calls(PacedLook(ask, PACE), clock, calls, 300)

    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert times[0] == 0.0
    assert gaps[0] <= 13
    assert max(gaps) <= 2 * 10 * 1.15 + 1
    assert len(calls) < 25


def test_a_target_that_fails_is_asked_at_most_four_times_as_rarely(clock: FakeClock) -> None:
    calls: list[float] = []

    def ask() -> str:
        calls.append(clock.now)
        raise ConnectionError

    times = times_of_calls(PacedLook(ask, PACE), clock, calls, 300)

    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert max(gaps) <= 4 * 10 * 1.15 + 1


def test_an_answer_ends_the_failure(clock: FakeClock) -> None:
    answers: Iterator[str | None] = iter([None, "RUNNING"])

    def ask() -> str:
        if (state := next(answers)) is None:
            raise ConnectionError
        return state

    look = PacedLook(ask, PACE)
    with pytest.raises(ConnectionError):
        look.latest()
    clock.sleep(100.0)

    assert look.latest() == "RUNNING"
    assert not look.answers.failing
    assert look.answers.last == clock.now


def test_a_state_is_unknown_once_the_target_fails(clock: FakeClock) -> None:
    answers: Iterator[str | None] = iter(["RUNNING", None])

    def ask() -> str:
        if (state := next(answers)) is None:
            raise ConnectionError
        return state

    look = PacedLook(ask, PACE)
    assert [look.latest(), look.latest()] == ["RUNNING", "RUNNING"]
    clock.sleep(100.0)
    with pytest.raises(ConnectionError):
        look.latest()

    assert look.latest() is None
    assert look.last == "RUNNING"
