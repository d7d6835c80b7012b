"""Whether files fit a contract: materializes the first two assets on a temporary lake."""

import logging
import re
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg

from emr_ml.assets.processed_dataset import make_processed_dataset
from emr_ml.assets.raw_csv_s3 import make_raw_csv_s3
from emr_ml.checks.check import rejected_folders
from emr_ml.launchers import make_launcher
from emr_ml.pipeline import Pipeline
from emr_ml.settings import Deployment, Settings
from emr_ml.ui.console import ConsoleFormatter, failure_cause
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import Report, read_report

REJECTED_SHOWN = 5


@dataclass(frozen=True)
class EvaluatedCheck:
    """The result of a check; `blocking` if it is an error that blocks training."""

    name: str
    passed: bool
    blocking: bool
    description: str


@dataclass(frozen=True)
class Validation:
    """The result of a validation.

    Args:
        snapshot: the report of the files, or None if they could not be listed.
        dataset: the report of the rows, or None if a check blocked it or it failed.
        rejected: the first rejected rows, with file, position, text and reason.
        checks: the results of all checks.
        failure: why an asset failed, or None.
    """

    snapshot: Report | None
    dataset: Report | None
    rejected: list[Mapping[str, Any]]
    checks: list[EvaluatedCheck]
    failure: str | None

    @property
    def passed(self) -> bool:
        return self.dataset is not None and not self.failure and not is_blocked(self.checks)


def is_blocked(checks: Iterable[EvaluatedCheck]) -> bool:
    """Return True if a check that blocks training has failed."""
    return any(check.blocking and not check.passed for check in checks)


@contextmanager
def validate_source(pipeline: Pipeline, settings: Settings) -> Generator[Validation]:
    """Read all rows of a pipeline's source on this machine; nothing is kept afterwards.

    Args:
        pipeline: has the source, the contract and the thresholds of the checks.
        settings: of the deployment, whose lake is not used.
    """
    with TemporaryDirectory(prefix="emr-ml-") as folder:
        overrides = {
            "deployment": Deployment.LOCAL,
            "stack": None,
            "lake": f"{folder}/lake",
        }
        here = settings.model_copy(update=overrides)
        result = _materialize(replace(pipeline, prefix=()), here, Path(folder))
        lake = open_lake(f"{folder}/lake")
        reports = _committed_reports(result, lake)
        dataset = reports.get("processed_dataset")
        checks = _evaluated_checks(result, folder)
        # to Dagster, a failed blocking check is a failed step
        failures = [] if is_blocked(checks) else map(_step_failure, result.all_events)
        yield Validation(
            snapshot=reports.get("raw_csv_s3"),
            dataset=dataset,
            rejected=_first_rejected(dataset, lake) if dataset and dataset.rows["rejected"] else [],
            checks=checks,
            failure=next(filter(None, failures), None),
        )


def _materialize(pipeline: Pipeline, settings: Settings, folder: Path) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(
        assets=[make_raw_csv_s3(pipeline), make_processed_dataset(pipeline)],
        resources={"launcher": make_launcher(settings, (pipeline.source,))},
        loggers={"progress": _progress},
    )
    with dg.DagsterInstance.ephemeral(tempdir=str(folder)) as instance:
        return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            run_config={"loggers": {"progress": {}}},
            raise_on_error=False,
        )


@dg.logger({}, description="Messages of jobs, without Dagster's own.")
def _progress(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("emr_ml", logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ConsoleFormatter())
    handler.addFilter(lambda record: "dagster_event" not in getattr(record, "dagster_meta", {}))
    logger.addHandler(handler)
    return logger


def _committed_reports(result: dg.ExecuteInProcessResult, lake: Lake) -> dict[str, Report]:
    reports: dict[str, Report] = {}
    for event in result.get_asset_materialization_events():
        asset = event.asset_key.path[-1] if event.asset_key else ""
        version = str(event.materialization.metadata["version"].value)
        if report := read_report(lake, asset, version):
            reports[asset] = report
    return reports


def _step_failure(event: dg.DagsterEvent) -> str | None:
    cause = failure_cause(event) if event.is_step_failure else None
    return cause and cause.removeprefix("failed: ")


def _evaluated_checks(result: dg.ExecuteInProcessResult, folder: str) -> list[EvaluatedCheck]:
    # the folder of rejected rows will be gone when its address is read
    address = re.compile(rf": see [\w ]+ {re.escape(folder)}\S*")
    return [
        EvaluatedCheck(
            name=evaluation.check_name,
            passed=evaluation.passed,
            blocking=bool(evaluation.blocking)
            and evaluation.severity == dg.AssetCheckSeverity.ERROR,
            description=address.sub("", evaluation.description or ""),
        )
        for evaluation in result.get_asset_check_evaluations()
    ]


def _first_rejected(report: Report, lake: Lake) -> list[Mapping[str, Any]]:
    """Return file, position, text and reason of the first rejected rows."""
    import pyarrow.parquet as pq

    rows: list[Mapping[str, Any]] = []
    for folder in rejected_folders(report, lake):
        for path in sorted(Path(folder).glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                batch = next(file.iter_batches(REJECTED_SHOWN), None)
                rows += batch.to_pylist() if batch else []
    return rows[:REJECTED_SHOWN]
