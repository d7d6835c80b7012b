"""What a rehearsal calls passed, what it keeps away from, and a rehearsal itself."""

from pathlib import Path
from typing import Any

import pytest

from emr_ml_tests.emulator.account import forbidden
from emr_ml_tests.emulator.cloudformation import NO_NOTION
from emr_ml_tests.emulator.record import Record
from emr_ml_tests.rehearsal import STACK, Rehearsal, environment, numbers, rehearse, show
from emr_ml_tests.s3a import needs_s3a

pytestmark = pytest.mark.process

FIGURES: dict[str, Any] = {"accuracy": 0.9, "test_rows": 95, "rmse": None}


def rehearsal(local: dict[str, Any], emr: dict[str, Any], alive: tuple[str, ...] = ()) -> Rehearsal:
    return Rehearsal(local, emr, Record(), "the timeline", alive)


def test_it_passes_if_both_runs_are_green_and_agree_but_for_the_last_digits() -> None:
    assert rehearsal(FIGURES, FIGURES | {"accuracy": 0.9 + 1e-15}).passed


@pytest.mark.parametrize(
    "failed",
    [
        rehearsal(FIGURES, {}),
        rehearsal({}, {}),
        rehearsal(FIGURES, FIGURES | {"accuracy": 0.9001}),
        rehearsal(FIGURES, FIGURES | {"rmse": 0.0}),
        rehearsal(FIGURES, {"accuracy": 0.9}),
        rehearsal(FIGURES, FIGURES, ("j-1",)),
        Rehearsal(FIGURES, FIGURES, Record(), "", (), left=("role R",)),
    ],
)
def test_it_does_not_pass_with_a_failed_run_other_figures_or_a_cluster_alive(
    failed: Rehearsal,
) -> None:
    assert not failed.passed


def test_what_differs_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    show(rehearsal(FIGURES, FIGURES | {"accuracy": 0.8}, ("j-1",)))

    said = capsys.readouterr().out
    assert "accuracy                  0.9000      0.8000  differs" in said
    assert "test_rows                     95          95\n" in said
    assert "the timeline" in said
    assert "j-1 is alive past its idle timeout" in said
    assert said.endswith("FAILED: see above\n")


def test_only_numbers_are_compared() -> None:
    assert numbers({**FIGURES, "problem": "binary", "curve": [1]}) == FIGURES


def test_a_rehearsal_has_nothing_of_the_caller_s_account_or_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://real/lake")
    monkeypatch.setenv("EMR_ML_STACK", "real")
    monkeypatch.setenv("EMR_ML_SOURCE", "adult.csv")

    env = environment(tmp_path, "emr", EMR_ML_STACK="rehearsal")

    assert not [name for name in env if name.startswith("AWS_")]
    assert "EMR_ML_LAKE" not in env
    assert env["EMR_ML_STACK"] == "rehearsal"
    assert env["EMR_ML_SOURCE"] == "adult.csv"
    assert (Path(env["DAGSTER_HOME"]) / "dagster.yaml").is_file()


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings(f"ignore:{NO_NOTION}")
def test_the_graph_on_a_stack_gives_what_it_gives_here_with_no_right_but_the_policies(
    tmp_path: Path,
) -> None:
    needs_s3a()

    done = rehearse(tmp_path)

    assert done.passed, done.timeline
    assert len(done.calls.of("RunJobFlow")) == 1
    assert len(done.calls.of("AddJobFlowSteps")) == 6
    asked = ("cloudformation:DescribeStacks", "*")
    actions = done.calls.actions("launcher") - {("sts:GetCallerIdentity", "*"), asked}
    # its own stack, and no other
    assert [on.split("/")[1] for action, on in done.rights if action == asked[0]] == [STACK]
    assert forbidden(actions, list(done.rights)) == []
