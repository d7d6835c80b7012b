"""Champions on a real MLflow server: versions of the registered model, and the alias."""

import pytest

from emr_ml.lake.champion import promote_by_hand, roll_back
from emr_ml.tracking.server import TrackingError
from emr_ml_tests.tracking.models import choose, export, train, version
from emr_ml_tests.tracking.shown import Shown
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


def test_the_alias_follows_promotions_and_rollbacks(shown: Shown) -> None:
    for number in (1, 2, 3):
        train(shown.lake, number)
    choose(shown.lake, 1)
    shown.sync()
    assert (shown.champion(), shown.versions()) == (version(1), [version(1)])

    choose(shown.lake, 2)
    assert shown.sync().written == ["version 2", "alias champion"]
    assert shown.champion() == version(2)

    roll_back(shown.lake, version(2), "too many false alarms")
    shown.sync()
    assert shown.champion() == version(1)

    promote_by_hand(shown.lake, version(2), "it was right")
    shown.sync()
    assert (shown.champion(), shown.versions()) == (version(2), [version(1), version(2)])


def test_champions_of_the_time_when_the_server_was_down_are_registered_in_their_order(
    shown: Shown,
) -> None:
    for number in (2, 1):
        train(shown.lake, number)
        choose(shown.lake, number)

    shown.sync()

    assert (shown.champion(), shown.versions()) == (version(1), [version(2), version(1)])


def test_the_alias_does_not_wait_for_the_runs_of_a_long_history(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
    choose(shown.lake, 2)

    def export_champion(lake: Lake, of: str) -> dict[str, bytes]:
        if of != version(2):
            raise TrackingError("it took too long")
        return export(lake, of)

    with pytest.raises(TrackingError):
        shown.sync(export=export_champion)

    assert shown.champion() == version(2)


def test_what_somebody_changed_on_the_server_is_put_right(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
        choose(shown.lake, number)
    shown.sync()

    shown.server.client.set_registered_model_alias(shown.name, "champion", "1")
    shown.sync()

    assert shown.champion() == version(2)


def test_a_champion_that_can_not_be_exported_has_no_alias(shown: Shown) -> None:
    for number in (1, 2):
        train(shown.lake, number)
    choose(shown.lake, 1)

    def export_first(lake: Lake, of: str) -> dict[str, bytes]:
        if of != version(1):
            raise JobError(f"{of} has a stage that can't be exported")
        return export(lake, of)

    shown.sync(export=export_first)
    assert shown.champion() == version(1)

    choose(shown.lake, 2)
    (problem,) = shown.sync().problems

    assert "champion" not in shown.server.client.get_registered_model(shown.name).aliases
    assert problem == f"the champion {version(2)} has no model there, so no alias"
