"""Challenger against champion: which of them is champion after a run, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from logging import Logger
from typing import cast

import dagster as dg

from emr_ml.champions.compatibility import TrainingSchema, training_schema
from emr_ml.champions.decision import PromotionDecision, compare, failed_checks
from emr_ml.contract import Contract
from emr_ml.lake.champion import MODEL, Champion, ChampionRecord, promote, read_record
from emr_ml.lake.inputs import committed_input, committed_report, find_input
from emr_ml.lake.job_code import code_of
from emr_ml.lake.versions import VersionSpec
from emr_ml.launchers.base import Launcher, Outcome
from spark_jobs.evaluation.figures import ComparisonFigures
from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.job import Input, JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, read_report

MAX_TRIES = 20
ASSET = "champion_model"
NO_VERSION = "none"  # the version that is shown while there is no champion


@dataclass(frozen=True)
class Challenger:
    """A model that may become champion.

    Args:
        model: the report of its version of `lr_model`.
        reports: of its data set, itself and its metrics, whose checks it must pass.
        contract: has the thresholds.
        launcher: runs the comparison with the champion.
        run_id: of this run.
        force: compare again even if the comparison is committed.
        pipeline: its key prefix, joined by slashes.
    """

    model: Report
    reports: tuple[Report, ...]
    contract: Contract
    launcher: Launcher
    run_id: str
    force: bool = False
    pipeline: str = ""

    @property
    def command_by_hand(self) -> str:
        """The command that makes it champion, in backticks."""
        option = f" --pipeline {self.pipeline}" if self.pipeline else ""
        return f"`emr-ml promote {self.version}{option}`"

    @property
    def version(self) -> str:
        return self.model.version

    @property
    def metrics(self) -> Report:
        """The report of its metrics."""
        return next(report for report in self.reports if report.asset == "metrics")

    @property
    def lake(self) -> Lake:
        return self.launcher.lake


@dataclass(frozen=True)
class PromotionResult:
    """The decision, the version that was champion before, and the comparison if one was made."""

    decision: PromotionDecision
    champion_before: str | None
    comparison: Outcome | None = None

    def champion_after(self, challenger: str) -> str:
        """Return the version that is champion now, or `NO_VERSION`."""
        return challenger if self.decision.promoted else self.champion_before or NO_VERSION


def find_challenger(
    context: dg.AssetExecutionContext, launcher: Launcher, contract: Contract, *, force: bool
) -> Challenger:
    """Return the model that this run trained, or else the current one.

    Raises:
        JobError: there is no model, or its metrics have not been computed.
    """
    lake = launcher.lake
    version = find_input(context, lake, MODEL).version
    model = committed_report(lake, MODEL, version)
    metrics = committed_report(lake, "metrics", find_input(context, lake, "metrics").version)
    if metrics.inputs[MODEL] != version:
        raise JobError(
            f"{MODEL} {version} has no metrics yet, the current ones are of "
            f"{metrics.inputs[MODEL]}: materialize metrics, then {ASSET}"
        )
    dataset = committed_report(lake, "processed_dataset", model.inputs["processed_dataset"])
    reports = (dataset, model, metrics)
    pipeline = "/".join(context.asset_key.path[:-1])
    return Challenger(model, reports, contract, launcher, context.run.run_id, force, pipeline)


def run_promotion(challenger: Challenger, log: Logger) -> PromotionResult:
    """Decide, and record a new champion; decide again if another run has changed the champion.

    Raises:
        JobError, LaunchError: the two models could not be compared.
    """
    for _ in range(MAX_TRIES):
        result = _decide(challenger, read_record(challenger.lake), log)
        if not result.decision.promoted:
            return result
        entry = Champion(
            version=challenger.version,
            run_id=challenger.run_id,
            at=now(),
            how="better" if result.comparison else "first",
            why=result.decision.reason,
        )
        if promote(challenger.lake, entry, result.champion_before):
            return result
        log.info("another run has changed the champion: comparing with the new one")
    raise JobError(
        f"the champion has changed {MAX_TRIES} times during this run: materialize {ASSET}"
    )


def _decide(challenger: Challenger, record: ChampionRecord, log: Logger) -> PromotionResult:
    version = challenger.version
    champion = record.champion.version if record.champion else None
    if version == champion:
        return _refuse("it is already the champion", champion)
    by_hand = f"{challenger.command_by_hand} promotes it anyway"
    if version in record.barred:
        return _refuse(f"{version} was rolled back: {by_hand}", champion)
    if failed := failed_checks(challenger.lake, challenger.contract, challenger.reports):
        reason = f"{version} failed {'; '.join(failed)}. Fix that; {by_hand}"
        decision = PromotionDecision(False, reason, {"failed_checks": failed})
        return PromotionResult(decision, champion)
    if champion is None:
        decision = PromotionDecision(True, "it passed all checks, and there was no champion")
        return PromotionResult(decision, None)
    return _decide_against(champion, challenger, log)


def _decide_against(champion: str, challenger: Challenger, log: Logger) -> PromotionResult:
    """Compare both models, unless the champion is for another task or can't be compared."""
    lake, version = challenger.lake, challenger.version
    report = read_report(lake, MODEL, champion)
    champions_schema = training_schema(lake, report) if report else None
    schema = training_schema(lake, challenger.model)
    if champions_schema is None or schema is None:
        problem = f"{lake.root} no longer has the data they were trained on"
    elif other_task := champions_schema.task_difference(schema):
        reason = f"it passed all checks, and the champion is for another task: {other_task}"
        return PromotionResult(PromotionDecision(True, reason), champion)
    else:
        problem = champions_schema.incompatibility(schema)
    if schema is None or problem:
        return _refuse(
            f"the champion {champion} can't be compared with {version}: {problem}. "
            f"{challenger.command_by_hand} promotes it anyway",
            champion,
        )
    outcome = _launch_comparison(champion, challenger, schema, log)
    figures = cast("ComparisonFigures", outcome.report.figures)
    decision = compare(figures, challenger.contract.promotion)
    if not decision.promoted:
        decision = replace(decision, reason=f"{version} has {decision.reason}")
    return PromotionResult(decision, champion, outcome)


def _launch_comparison(
    champion: str, challenger: Challenger, schema: TrainingSchema, log: Logger
) -> Outcome:
    """Have both models score the test split of the challenger's data set."""
    lake, model = challenger.lake, challenger.model
    dataset = model.inputs["processed_dataset"]
    inputs: Mapping[str, Input] = {
        MODEL: committed_input(lake, MODEL, model.version),
        "champion": committed_input(lake, MODEL, champion),
        "processed_dataset": committed_input(lake, "processed_dataset", dataset),
    }
    spec = VersionSpec(
        asset=ASSET,
        run_id=challenger.run_id,
        inputs=inputs,
        contract={"label": schema.label, "split": schema.split},
        params={},
        code=code_of(ASSET),
        spark=challenger.launcher.spark,
        force=challenger.force,
    )
    return challenger.launcher.launch(spec, log)


def _refuse(reason: str, champion: str | None) -> PromotionResult:
    return PromotionResult(PromotionDecision(False, reason), champion)
