"""Who is champion after a run, and why; the comparison itself is what a test makes it."""

import logging
from collections.abc import Callable
from logging import Logger
from typing import Any

import numpy as np
import pytest

from emr_ml.champions.contest import Contest, ContestResult, hold
from emr_ml.contract import Contract
from emr_ml.lake.champion import Champion, promote, promote_by_hand, read_champion, roll_back
from emr_ml.lake.leases import HeldLease
from emr_ml.launchers.base import AttemptResult, Launcher
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.job import JobError, Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, commit, job_key

LOG = logging.getLogger("test")
CONTRACT: dict[str, Any] = {
    "columns": {"a": "numeric"},
    "label": {"column": "y", "positive": "1"},
    "id": ["k"],
}


class Comparing(Launcher):
    """Finds the difference of the losses that it is told; `meanwhile` happens as it does so."""

    def __init__(
        self, lake: Lake, losses: dict[str, float], meanwhile: Callable[[], object] = lambda: None
    ) -> None:
        super().__init__(lake, 0.01)
        self.losses = losses
        self.meanwhile = meanwhile
        self.asked: list[Request] = []

    @property
    def spark(self) -> str:
        return "4"

    def compute(self, request: Request, held: HeldLease, log: Logger) -> AttemptResult:  # noqa: ARG002
        self.asked.append(request)
        self.meanwhile()
        named = {"challenger": "lr_model", "champion": "champion"}
        loss = {role: self.losses[request.inputs[name].version] for role, name in named.items()}
        gain = loss["champion"] - loss["challenger"]
        figures = {
            "models": {role: {"loss": value} for role, value in loss.items()},
            "improvement": gain,
            "resampled": np.linspace(gain - 0.05, gain + 0.05, 201).tolist(),
            "groups": 100,
            "test_rows": 100,
        }
        return AttemptResult(commit(self.lake, report_of(request, figures)), {})


def report_of(request: Request, figures: dict[str, Any]) -> Report:
    versions = {name: given.version for name, given in request.inputs.items()}
    return a_report(
        asset=request.asset,
        version=request.version,
        attempt=request.attempt,
        inputs=versions,
        figures=figures,
        rows={},
    )


def trained(lake: Lake, version: str, *, good: bool = True, **changes: Any) -> list[Report]:
    """A model with all that it was made of and measured by, committed; the model is the second."""
    contract = Contract.model_validate({**CONTRACT, **changes})
    cleaned_by = ("format", "dialect", "missing", "columns", "label", "id")
    asked = {
        "processed_dataset": contract.pick(*cleaned_by),
        "lr_model": contract.pick("columns", "label", "split"),
        "metrics": contract.pick("label", "split"),
    }
    reports: list[Report] = []
    for asset, fields in asked.items():
        inputs = {report.asset: version for report in reports}
        # rows that were lost fail a check
        rows = {"in": 100, "kept": 100 if good else 99, "rejected": 0}
        report = a_report(asset=asset, version=version, inputs=inputs, rows=rows, spark="4")
        reports.append(commit(lake, report))
        lake.write_json(job_key(asset, version, 1, "request.json"), {"contract": fields})
    return reports


def contest(launcher: Launcher, reports: list[Report], **changes: Any) -> ContestResult:
    contract = Contract.model_validate({**CONTRACT, **changes})
    return hold(Contest(reports[1], tuple(reports), contract, launcher, "run"), LOG)


def champion_of(lake: Lake) -> Champion:
    found = read_champion(lake)
    assert found
    return found


def test_the_first_that_passes_its_checks_is_champion_and_nothing_is_compared(lake: Lake) -> None:
    launcher = Comparing(lake, {})

    verdict = contest(launcher, trained(lake, "a"))

    assert verdict.ruling.promoted
    assert (champion_of(lake).version, champion_of(lake).how) == ("a", "first")
    assert champion_of(lake).run_id == "run"
    assert launcher.asked == []


def test_one_that_fails_a_check_is_not_even_the_first(folder_lake: Lake) -> None:
    verdict = contest(Comparing(folder_lake, {}), trained(folder_lake, "a", good=False))

    assert not verdict.ruling.promoted
    assert "a failed processed_dataset: rows_conserved (1 rows are neither" in verdict.ruling.reason
    assert "`emr-ml promote a`" in verdict.ruling.reason
    assert read_champion(folder_lake) is None
    assert verdict.champion("a") == "none"


def test_the_better_takes_the_place_and_the_reason_is_kept(lake: Lake) -> None:
    launcher = Comparing(lake, {"a": 0.5, "b": 0.3})
    contest(launcher, trained(lake, "a"))

    verdict = contest(launcher, trained(lake, "b"))

    assert (verdict.before, verdict.champion("b")) == ("a", "b")
    assert (champion_of(lake).version, champion_of(lake).how) == ("b", "better")
    assert champion_of(lake).why.startswith("mean loss 0.3, the champion's 0.5: lower by 0.2")


@pytest.mark.parametrize("loss", [0.7, 0.5, 0.48], ids=["worse", "equal", "not surely better"])
def test_the_champion_stays_if_the_challenger_is_not_surely_better(
    folder_lake: Lake, loss: float
) -> None:
    launcher = Comparing(folder_lake, {"a": 0.5, "b": loss})
    contest(launcher, trained(folder_lake, "a"))

    verdict = contest(launcher, trained(folder_lake, "b"))

    assert not verdict.ruling.promoted
    assert champion_of(folder_lake).version == verdict.champion("b") == "a"
    assert verdict.ruling.reason.startswith(f"b has mean loss {loss}")
    assert verdict.ruling.reason.endswith("not surely better")
    assert verdict.ruling.facts["improvement"] == pytest.approx(0.5 - loss)


def test_a_better_one_that_fails_a_check_is_refused_and_the_check_is_named(
    folder_lake: Lake,
) -> None:
    launcher = Comparing(folder_lake, {"a": 0.5, "b": 0.1})
    contest(launcher, trained(folder_lake, "a"))

    verdict = contest(launcher, trained(folder_lake, "b", good=False))

    assert champion_of(folder_lake).version == "a"
    assert "rows_conserved" in verdict.ruling.reason
    assert launcher.asked == []


def test_the_champion_is_not_compared_with_itself(folder_lake: Lake) -> None:
    launcher = Comparing(folder_lake, {})
    reports = trained(folder_lake, "a")
    contest(launcher, reports)

    verdict = contest(launcher, reports)

    assert (verdict.ruling.promoted, verdict.ruling.reason) == (False, "it is the champion already")
    assert verdict.champion("a") == "a"


def test_a_margin_that_changed_is_judged_anew_without_a_computation(folder_lake: Lake) -> None:
    launcher = Comparing(folder_lake, {"a": 0.5, "b": 0.3})
    contest(launcher, trained(folder_lake, "a"))
    reports = trained(folder_lake, "b")
    assert not contest(launcher, reports, promotion={"min_improvement": 0.3}).ruling.promoted

    assert contest(launcher, reports, promotion={"min_improvement": 0.1}).ruling.promoted
    assert len(launcher.asked) == 1


def test_both_are_put_to_the_rows_that_the_challenger_was_made_of(folder_lake: Lake) -> None:
    launcher = Comparing(folder_lake, {"a": 0.5, "b": 0.3})
    contest(launcher, trained(folder_lake, "a"))
    contest(launcher, trained(folder_lake, "b"))

    (asked,) = launcher.asked
    versions = {name: given.version for name, given in asked.inputs.items()}
    assert versions == {"lr_model": "b", "champion": "a", "processed_dataset": "b"}
    assert asked.contract == Contract.model_validate(CONTRACT).pick("label", "split")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"b": "numeric"}}, "it needs the numeric column 'a'"),
        ({"split": {"train": 50}}, "the `split` has changed"),
    ],
)
def test_what_can_not_be_compared_leaves_the_champion_and_names_the_way_out(
    folder_lake: Lake, changes: dict[str, Any], said: str
) -> None:
    launcher = Comparing(folder_lake, {})
    contest(launcher, trained(folder_lake, "a"))

    verdict = contest(launcher, trained(folder_lake, "b", **changes), **changes)

    assert champion_of(folder_lake).version == "a"
    assert f"the champion a can't be compared with b: {said}" in verdict.ruling.reason
    assert "`emr-ml promote b`" in verdict.ruling.reason


def test_a_champion_for_another_label_gives_way_to_one_that_passes_its_checks(
    folder_lake: Lake,
) -> None:
    launcher, label = Comparing(folder_lake, {}), {"column": "z", "positive": "1"}
    contest(launcher, trained(folder_lake, "a"))

    verdict = contest(launcher, trained(folder_lake, "b", label=label), label=label)

    assert champion_of(folder_lake).version == "b"
    assert "the champion is for another task: it predicts 'y'" in verdict.ruling.reason
    assert launcher.asked == []


def test_a_champion_that_is_gone_can_not_be_compared(folder_lake: Lake) -> None:
    launcher = Comparing(folder_lake, {})
    contest(launcher, trained(folder_lake, "a"))
    folder_lake.remove("lr_model/a/report.json")

    verdict = contest(launcher, trained(folder_lake, "b"))

    assert "does not tell any more what they were trained on" in verdict.ruling.reason


def test_one_that_was_rolled_back_comes_back_only_by_hand(lake: Lake) -> None:
    launcher = Comparing(lake, {"a": 0.5, "b": 0.3})
    contest(launcher, trained(lake, "a"))
    reports = trained(lake, "b")
    contest(launcher, reports)
    roll_back(lake, "b", "it was bad")

    verdict = contest(launcher, reports)

    assert champion_of(lake).version == "a"
    assert verdict.ruling.reason.startswith("b was rolled back")
    promote_by_hand(lake, "b", "it was not that bad")
    assert champion_of(lake).version == "b"


def test_whoever_is_beaten_to_it_is_compared_with_the_new_champion(lake: Lake) -> None:
    first = Comparing(lake, {"a": 0.5})
    contest(first, trained(lake, "a"))
    best = trained(lake, "best")
    swift = Comparing(lake, {"a": 0.5, "best": 0.1})
    slow = Comparing(lake, {"a": 0.5, "b": 0.3, "best": 0.1})
    slow.meanwhile = lambda: contest(swift, best)

    verdict = contest(slow, trained(lake, "b"))

    assert champion_of(lake).version == "best"
    assert (verdict.ruling.promoted, verdict.before) == (False, "best")
    assert [asked.inputs["champion"].version for asked in slow.asked] == ["a", "best"]


def test_of_two_first_ones_the_second_has_to_be_better(folder_lake: Lake) -> None:
    early = Champion("early", "other run", "", "first", "")
    launcher = Comparing(folder_lake, {"early": 0.3, "late": 0.5})
    trained(folder_lake, "early")
    promote(folder_lake, early, None)

    assert not contest(launcher, trained(folder_lake, "late")).ruling.promoted


def test_a_champion_that_never_stands_still_is_given_up_on(folder_lake: Lake) -> None:
    launcher = Comparing(folder_lake, {"a": 0.5, "c": 0.5, "b": 0.1})
    contest(launcher, trained(folder_lake, "a"))
    trained(folder_lake, "c")
    reports = trained(folder_lake, "b")
    turns = iter(range(1000))

    class Restless(Comparing):
        def launch(self, work: Any, log: Logger) -> Any:
            promote_by_hand(self.lake, "ca"[next(turns) % 2], "")
            return super().launch(work, log)

    with pytest.raises(JobError, match="the champion has changed 20 times meanwhile"):
        contest(Restless(folder_lake, launcher.losses), reports)
