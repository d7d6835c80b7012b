"""Which model is champion after a run, and why; the comparison is a fake."""

import logging
from collections.abc import Callable
from logging import Logger
from typing import Any

import numpy as np
import pytest

from emr_ml.champions.promotion import Challenger, PromotionResult, run_promotion
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


class FakeComparison(Launcher):
    """Compares models by given losses; `during_comparison` is called during each comparison."""

    def __init__(
        self,
        lake: Lake,
        losses: dict[str, float],
        during_comparison: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__(lake, 0.01)
        self.losses = losses
        self.during_comparison = during_comparison
        self.requests: list[Request] = []

    @property
    def spark(self) -> str:
        return "4"

    def compute(
        self,
        request: Request,
        module: str,  # noqa: ARG002 - the launcher's signature
        held: HeldLease,  # noqa: ARG002 - the launcher's signature
        log: Logger,  # noqa: ARG002 - the launcher's signature
    ) -> AttemptResult:
        self.requests.append(request)
        self.during_comparison()
        named = {"challenger": "lr_model", "champion": "champion"}
        loss = {role: self.losses[request.inputs[name].version] for role, name in named.items()}
        improvement = loss["champion"] - loss["challenger"]
        figures = {
            "models": {role: {"loss": value} for role, value in loss.items()},
            "improvement": improvement,
            "resampled": np.linspace(improvement - 0.05, improvement + 0.05, 201).tolist(),
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
    """Commit a data set, a model of it and its metrics, and return their reports in this order."""
    contract = Contract.model_validate({**CONTRACT, **changes})
    dataset_fields = ("format", "dialect", "missing", "columns", "label", "id", "weight")
    requested = {
        "processed_dataset": contract.pick(*dataset_fields),
        "lr_model": contract.pick("columns", "label", "split"),
        "metrics": contract.pick("label", "split"),
    }
    reports: list[Report] = []
    for asset, fields in requested.items():
        inputs = {report.asset: version for report in reports}
        # a lost row fails a check
        rows = {"in": 100, "kept": 100 if good else 99, "rejected": 0}
        report = a_report(asset=asset, version=version, inputs=inputs, rows=rows, spark="4")
        reports.append(commit(lake, report))
        lake.write_json(job_key(asset, version, 1, "request.json"), {"contract": fields})
    return reports


def challenge(
    launcher: Launcher, reports: list[Report], pipeline: str = "", **changes: Any
) -> PromotionResult:
    contract = Contract.model_validate({**CONTRACT, **changes})
    challenger = Challenger(
        reports[1], tuple(reports), contract, launcher, "run", pipeline=pipeline
    )
    return run_promotion(challenger, LOG)


def champion_of(lake: Lake) -> Champion:
    found = read_champion(lake)
    assert found
    return found


def test_the_first_model_that_passes_its_checks_is_champion_without_a_comparison(
    lake: Lake,
) -> None:
    launcher = FakeComparison(lake, {})

    result = challenge(launcher, trained(lake, "a"))

    assert result.decision.promoted
    assert (champion_of(lake).version, champion_of(lake).how) == ("a", "first")
    assert champion_of(lake).run_id == "run"
    assert launcher.requests == []


def test_a_model_that_fails_a_check_is_not_promoted_even_without_a_champion(
    folder_lake: Lake,
) -> None:
    result = challenge(FakeComparison(folder_lake, {}), trained(folder_lake, "a", good=False))

    assert not result.decision.promoted
    assert (
        "a failed processed_dataset: rows_conserved (1 rows are neither" in result.decision.reason
    )
    assert "`emr-ml promote a`" in result.decision.reason
    assert read_champion(folder_lake) is None
    assert result.champion_after("a") == "none"


def test_the_command_that_promotes_by_hand_names_the_pipeline(folder_lake: Lake) -> None:
    reports = trained(folder_lake, "a", good=False)

    result = challenge(FakeComparison(folder_lake, {}), reports, pipeline="shop/churn")

    assert "`emr-ml promote a --pipeline shop/churn`" in result.decision.reason


def test_a_better_model_becomes_champion_and_the_reason_is_recorded(lake: Lake) -> None:
    launcher = FakeComparison(lake, {"a": 0.5, "b": 0.3})
    challenge(launcher, trained(lake, "a"))

    result = challenge(launcher, trained(lake, "b"))

    assert (result.champion_before, result.champion_after("b")) == ("a", "b")
    assert (champion_of(lake).version, champion_of(lake).how) == ("b", "better")
    assert champion_of(lake).why.startswith("mean loss 0.3, the champion's 0.5: lower by 0.2")


@pytest.mark.parametrize(
    "loss", [0.7, 0.5, 0.48], ids=["worse", "equal", "not significantly better"]
)
def test_the_champion_stays_if_the_challenger_is_not_significantly_better(
    folder_lake: Lake, loss: float
) -> None:
    launcher = FakeComparison(folder_lake, {"a": 0.5, "b": loss})
    challenge(launcher, trained(folder_lake, "a"))

    result = challenge(launcher, trained(folder_lake, "b"))

    assert not result.decision.promoted
    assert champion_of(folder_lake).version == result.champion_after("b") == "a"
    assert result.decision.reason.startswith(f"b has mean loss {loss}")
    assert result.decision.reason.endswith(("not significantly better", "significantly worse"))
    assert result.decision.metadata["improvement"] == pytest.approx(0.5 - loss)


def test_a_better_model_that_fails_a_check_is_refused_and_the_check_is_named(
    folder_lake: Lake,
) -> None:
    launcher = FakeComparison(folder_lake, {"a": 0.5, "b": 0.1})
    challenge(launcher, trained(folder_lake, "a"))

    result = challenge(launcher, trained(folder_lake, "b", good=False))

    assert champion_of(folder_lake).version == "a"
    assert "rows_conserved" in result.decision.reason
    assert launcher.requests == []


def test_the_champion_is_not_compared_with_itself(folder_lake: Lake) -> None:
    launcher = FakeComparison(folder_lake, {})
    reports = trained(folder_lake, "a")
    challenge(launcher, reports)

    result = challenge(launcher, reports)

    assert (result.decision.promoted, result.decision.reason) == (
        False,
        "it is already the champion",
    )
    assert result.champion_after("a") == "a"


def test_a_changed_margin_is_applied_without_another_comparison(folder_lake: Lake) -> None:
    launcher = FakeComparison(folder_lake, {"a": 0.5, "b": 0.3})
    challenge(launcher, trained(folder_lake, "a"))
    reports = trained(folder_lake, "b")
    assert not challenge(launcher, reports, promotion={"min_improvement": 0.3}).decision.promoted

    assert challenge(launcher, reports, promotion={"min_improvement": 0.1}).decision.promoted
    assert len(launcher.requests) == 1


def test_both_models_score_the_data_set_of_the_challenger(folder_lake: Lake) -> None:
    launcher = FakeComparison(folder_lake, {"a": 0.5, "b": 0.3})
    challenge(launcher, trained(folder_lake, "a"))
    challenge(launcher, trained(folder_lake, "b"))

    (request,) = launcher.requests
    versions = {name: given.version for name, given in request.inputs.items()}
    assert versions == {"lr_model": "b", "champion": "a", "processed_dataset": "b"}
    assert request.contract == Contract.model_validate(CONTRACT).pick("label", "split")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"columns": {"b": "numeric"}}, "it needs the numeric column 'a'"),
        ({"split": {"train": 50}}, "the `split` has changed"),
    ],
)
def test_the_champion_stays_if_models_can_not_be_compared_and_the_way_out_is_named(
    folder_lake: Lake, changes: dict[str, Any], said: str
) -> None:
    launcher = FakeComparison(folder_lake, {})
    challenge(launcher, trained(folder_lake, "a"))

    result = challenge(launcher, trained(folder_lake, "b", **changes), **changes)

    assert champion_of(folder_lake).version == "a"
    assert f"the champion a can't be compared with b: {said}" in result.decision.reason
    assert "`emr-ml promote b`" in result.decision.reason


def test_a_champion_for_another_label_is_replaced_by_a_model_that_passes_its_checks(
    folder_lake: Lake,
) -> None:
    launcher, label = FakeComparison(folder_lake, {}), {"column": "z", "positive": "1"}
    challenge(launcher, trained(folder_lake, "a"))

    result = challenge(launcher, trained(folder_lake, "b", label=label), label=label)

    assert champion_of(folder_lake).version == "b"
    assert "the champion is for another task: it predicts 'y'" in result.decision.reason
    assert launcher.requests == []


def test_a_champion_that_is_gone_can_not_be_compared(folder_lake: Lake) -> None:
    launcher = FakeComparison(folder_lake, {})
    challenge(launcher, trained(folder_lake, "a"))
    folder_lake.remove("lr_model/a/report.json")

    result = challenge(launcher, trained(folder_lake, "b"))

    assert "no longer has the data they were trained on" in result.decision.reason


def test_a_model_that_was_rolled_back_is_promoted_only_by_hand(lake: Lake) -> None:
    launcher = FakeComparison(lake, {"a": 0.5, "b": 0.3})
    challenge(launcher, trained(lake, "a"))
    reports = trained(lake, "b")
    challenge(launcher, reports)
    roll_back(lake, "b", "it was bad")

    result = challenge(launcher, reports)

    assert champion_of(lake).version == "a"
    assert result.decision.reason.startswith("b was rolled back")
    promote_by_hand(lake, "b", "it was not that bad")
    assert champion_of(lake).version == "b"


def test_a_challenger_is_compared_with_a_champion_that_was_promoted_meanwhile(lake: Lake) -> None:
    first = FakeComparison(lake, {"a": 0.5})
    challenge(first, trained(lake, "a"))
    best = trained(lake, "best")
    swift = FakeComparison(lake, {"a": 0.5, "best": 0.1})
    slow = FakeComparison(lake, {"a": 0.5, "b": 0.3, "best": 0.1})
    slow.during_comparison = lambda: challenge(swift, best)

    result = challenge(slow, trained(lake, "b"))

    assert champion_of(lake).version == "best"
    assert (result.decision.promoted, result.champion_before) == (False, "best")
    assert [request.inputs["champion"].version for request in slow.requests] == ["a", "best"]


def test_the_second_of_two_first_models_has_to_be_better(folder_lake: Lake) -> None:
    early = Champion("early", "other run", "", "first", "")
    launcher = FakeComparison(folder_lake, {"early": 0.3, "late": 0.5})
    trained(folder_lake, "early")
    promote(folder_lake, early, None)

    assert not challenge(launcher, trained(folder_lake, "late")).decision.promoted


def test_a_champion_that_changes_all_the_time_ends_in_an_error(folder_lake: Lake) -> None:
    launcher = FakeComparison(folder_lake, {"a": 0.5, "c": 0.5, "b": 0.1})
    challenge(launcher, trained(folder_lake, "a"))
    trained(folder_lake, "c")
    reports = trained(folder_lake, "b")
    turns = iter(range(1000))

    class Restless(FakeComparison):
        def launch(self, work: Any, log: Logger) -> Any:
            promote_by_hand(self.lake, "ca"[next(turns) % 2], "")
            return super().launch(work, log)

    with pytest.raises(JobError, match="the champion has changed 20 times during this run"):
        challenge(Restless(folder_lake, launcher.losses), reports)
