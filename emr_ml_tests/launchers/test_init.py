"""Making the launcher of a run."""

import dagster as dg
import pytest
from botocore.exceptions import ProfileNotFound

from emr_ml import launchers
from emr_ml.launchers import launcher_of_run
from emr_ml.settings import Settings


def test_a_profile_that_does_not_exist_fails_the_run_with_a_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise ProfileNotFound(profile="nope")

    monkeypatch.setattr(launchers, "make_launcher", refuse)

    with pytest.raises(dg.Failure, match=r"nope.*correct AWS_PROFILE"):
        launcher_of_run(Settings.model_validate({}))


def test_a_bug_keeps_its_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launchers, "make_launcher", None)

    with pytest.raises(TypeError):
        launcher_of_run(Settings.model_validate({}))
