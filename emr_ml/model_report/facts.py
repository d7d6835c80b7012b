"""What is known of one version of `metrics`: its model, data, contract, checks and promotion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, cast

from emr_ml.champions.compatibility import requested_contract
from emr_ml.champions.decision import CHECKS_BY_ASSET
from emr_ml.checks.check import CheckContext, evaluate_all
from emr_ml.contract import Contract
from emr_ml.lake.champion import METRICS, read_decision
from emr_ml.lake.inputs import committed_report
from emr_ml.lake.versions import digest
from spark_jobs.cleaning.figures import DatasetFigures
from spark_jobs.contract import Label
from spark_jobs.evaluation.figures import MetricsFigures
from spark_jobs.learning.figures import ModelFigures
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, read_report

LAYOUT = 2  # of the page: another number draws every page again
USUAL_THRESHOLD = 0.5  # for accuracy, and in earlier releases for all


@dataclass(frozen=True)
class CheckOutcome:
    """The result of a check of one of the versions."""

    asset: str
    name: str
    passed: bool
    blocking: bool
    description: str


@dataclass(frozen=True)
class ModelFacts:
    """The reports behind a page; each but that of `metrics` may be gone from the lake.

    Args:
        metrics, model, dataset, snapshot: reports of the versions.
        contract: the fields of the contract that the jobs were given.
        checks: of all of them, by today's thresholds; empty if these are unknown.
        decision: whether the model became champion, and why; None before that was decided.
    """

    metrics: Report
    model: Report | None = None
    dataset: Report | None = None
    snapshot: Report | None = None
    contract: Mapping[str, Any] = field(default_factory=dict[str, Any])
    checks: tuple[CheckOutcome, ...] = ()
    decision: Mapping[str, Any] | None = None

    @property
    def figures(self) -> MetricsFigures:
        return cast("MetricsFigures", self.metrics.figures)

    @property
    def model_figures(self) -> ModelFigures | None:
        return cast("ModelFigures", self.model.figures) if self.model else None

    @property
    def dataset_figures(self) -> DatasetFigures | None:
        return cast("DatasetFigures", self.dataset.figures) if self.dataset else None

    @property
    def label(self) -> Label | None:
        return self.contract.get("label")

    @property
    def threshold(self) -> float | None:
        """Above which probability a binary label is predicted to be positive; None if unknown."""
        if self.model is None:
            return None
        return cast("ModelFigures", self.model.figures).get("threshold", USUAL_THRESHOLD)

    @property
    def learned_from_both(self) -> bool:
        """Whether the model was fitted to the validation rows, too, once they had chosen it.

        Those of earlier releases were not; their candidates name no estimator.
        """
        figures = self.model_figures
        return any("estimator" in each for each in (figures or {}).get("candidates", []))

    @property
    def hidden(self) -> frozenset[str]:
        """The columns whose values must not be shown."""
        return frozenset(self.contract.get("report", {}).get("hidden", ()))

    def without_hidden_values(self, text: str) -> str:
        """Return a text of a check, or why it is not shown: it names a value of a hidden column."""
        for name in self.hidden:
            if f"'{name}=" in text or f"'{name}: " in text:
                return f"not shown, because it names a value of '{name}', which is hidden"
        return text

    @property
    def reports(self) -> list[Report]:
        """The reports there are, in the order in which they were computed."""
        found = (self.snapshot, self.dataset, self.model, self.metrics)
        return [report for report in found if report]

    @property
    def failed_checks(self) -> list[CheckOutcome]:
        return [check for check in self.checks if not check.passed]

    @cached_property
    def digest(self) -> str:
        """Changes whenever the page would."""
        return digest({"layout": LAYOUT, "facts": asdict(self)})


def gather_facts(lake: Lake, version: str, contract: Contract | None = None) -> ModelFacts:
    """Read what the lake knows about a version of `metrics`.

    Args:
        lake: of the pipeline.
        version: of `metrics`.
        contract: with the thresholds of the checks; without it, none are evaluated.

    Raises:
        JobError: the version is gone, or a record is damaged.
    """
    metrics = committed_report(lake, METRICS, version)
    model = _input(lake, metrics, "lr_model")
    dataset = _input(lake, metrics, "processed_dataset")
    reports = [report for report in (dataset, model, metrics) if report]
    return ModelFacts(
        metrics=metrics,
        model=model,
        dataset=dataset,
        snapshot=_input(lake, dataset, "raw_csv_s3"),
        contract={
            name: value
            for report in reports
            for name, value in (requested_contract(lake, report) or {}).items()
        },
        checks=_evaluate(lake, reports, contract) if contract else (),
        decision=read_decision(lake, metrics),
    )


def _input(lake: Lake, report: Report | None, asset: str) -> Report | None:
    version = report.inputs.get(asset) if report else None
    return read_report(lake, asset, version) if version else None


def _evaluate(lake: Lake, reports: list[Report], contract: Contract) -> tuple[CheckOutcome, ...]:
    return tuple(
        CheckOutcome(
            report.asset, check.name, result.passed, check.blocking, result.description or ""
        )
        for report in reports
        for check, result in zip(
            CHECKS_BY_ASSET[report.asset],
            evaluate_all(CHECKS_BY_ASSET[report.asset], CheckContext(report, contract, lake)),
            strict=True,
        )
    )
