"""Checks, each declared once for the asset, its materialization and the promotion."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import dagster as dg

from emr_ml.contract import Contract
from emr_ml.lake.champion import MODEL, read_champion
from emr_ml.wording import rounded
from spark_jobs.cleaning.figures import DatasetFigures
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.learning.figures import ModelFigures
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import REJECTED
from spark_jobs.runtime.report import Report, attempt_key, read_report

COLUMNS_IN_METADATA = 100


@dataclass(frozen=True)
class Evaluation:
    """The result of a check.

    Args:
        problem: what is wrong and what to do about it, or None if the check passes.
        metadata: figures and thresholds, for the UI.
        note: what to show with a check that passes.
    """

    problem: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    note: str | None = None


@dataclass(frozen=True)
class Baseline:
    """The report of the data that the champion was trained on, or None and the reason."""

    report: Report | None
    missing_reason: str = ""


@dataclass(frozen=True)
class CheckContext:
    """What a check sees: a version's report, the thresholds, and the lake with other versions.

    The figures are a report's `figures`, typed by the asset that a check is for.
    """

    report: Report
    contract: Contract
    lake: Lake

    @property
    def dataset_figures(self) -> DatasetFigures:
        return dataset_figures(self.report)

    @property
    def model_figures(self) -> ModelFigures:
        return cast("ModelFigures", self.report.figures)

    @property
    def metrics_figures(self) -> MetricsFigures:
        return cast("MetricsFigures", self.report.figures)

    @cached_property
    def baseline(self) -> Baseline:
        return find_baseline(self.lake, self.report.asset)


Evaluate = Callable[[CheckContext], Evaluation]


@dataclass(frozen=True)
class Check:
    """A check of an asset. A version that fails a blocking one does not become current."""

    name: str
    description: str
    evaluate: Evaluate
    blocking: bool = False

    def spec(self, asset: dg.AssetKey) -> dg.AssetCheckSpec:
        """Return the check as Dagster's catalogue shows it."""
        return dg.AssetCheckSpec(
            self.name, asset=asset, description=self.description, blocking=self.blocking
        )

    def result(self, context: CheckContext) -> dg.AssetCheckResult:
        """Evaluate the check: a failure is an error if it blocks, else a warning."""
        evaluation = self.evaluate(context)
        severity = dg.AssetCheckSeverity
        return dg.AssetCheckResult(
            passed=evaluation.problem is None,
            check_name=self.name,
            severity=severity.ERROR if self.blocking else severity.WARN,
            description=evaluation.problem or evaluation.note,
            metadata=rounded(evaluation.metadata),
        )


def check(evaluate: Evaluate) -> Check:
    """Declare a check: the function's name is its name, the docstring its description."""
    return Check(evaluate.__name__, " ".join((evaluate.__doc__ or "").split()), evaluate)


def blocking_check(evaluate: Evaluate) -> Check:
    """Declare a check that keeps a version that fails it from becoming current."""
    return replace(check(evaluate), blocking=True)


def evaluate_all(checks: Iterable[Check], context: CheckContext) -> list[dg.AssetCheckResult]:
    """Return the result of each check."""
    return [each.result(context) for each in checks]


def dataset_figures(report: Report) -> DatasetFigures:
    """Return the figures of a `processed_dataset`."""
    return cast("DatasetFigures", report.figures)


def rejected_folders(report: Report, lake: Lake) -> list[str]:
    """Return the folders with rejected rows: the version's own, and those of its parts."""
    own = attempt_key(report.asset, report.version, report.attempt)
    keys = [f"{key}/{REJECTED}" for key in (own, *(part["key"] for part in report.parts))]
    return [lake.uri(key) for key in keys if next(lake.list(f"{key}/"), None)]


def find_baseline(lake: Lake, asset: str) -> Baseline:
    """Return the version of the asset that the champion was trained on."""
    champion = read_champion(lake)
    if champion is None:
        return Baseline(None, "there is no champion yet, so there is nothing to compare with")
    model = read_report(lake, MODEL, champion.version)
    version = model.inputs.get(asset) if model else None
    dataset = read_report(lake, asset, version) if version else None
    if dataset is None:
        return Baseline(
            None,
            f"the training data of the champion {champion.version} is gone, "
            "so there is nothing to compare with",
        )
    return Baseline(dataset)
