"""How long something has been true."""

import pytest

from emr_ml.launchers.remote import polling
from emr_ml.launchers.remote.polling import Streak


def test_a_streak_begins_again_after_each_break(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [(0.0, True), (9.0, True), (10.0, False), (20.0, True), (21.0, True)]
    streak, lengths = Streak(), list[float]()

    for now, is_true in seen:
        monkeypatch.setattr(polling.time, "monotonic", lambda now=now: now)
        lengths.append(streak.seconds(is_true=is_true))

    assert lengths == [0.0, 9.0, 0.0, 0.0, 1.0]
