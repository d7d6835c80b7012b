"""Whether files fit a contract: the first two assets, on a lake that is thrown away."""

import logging
import re
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dagster as dg

from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.checks.evidence import rejected_folders
from emr_ml.launchers import make_launcher
from emr_ml.settings import Settings
from emr_ml.ui.console import ConsoleFormatter, cause_of
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.report import Report, read_report

ROWS_SHOWN = 5


@dataclass(frozen=True)
class Check:
    """A check as it was judged."""

    name: str
    passed: bool
    blocking: bool
    said: str


@dataclass(frozen=True)
class Validation:
    """What came of it.

    A report is None where its asset was not made: a check refused what comes before it, or
    `failure` says why.
    """

    snapshot: Report | None
    rows: Report | None
    rejected: list[Mapping[str, Any]]
    checks: list[Check]
    failure: str | None

    @property
    def good(self) -> bool:
        return self.rows is not None and not self.failure and not refused(self.checks)


def refused(checks: Iterable[Check]) -> bool:
    """Whether one of them fails that training waits for."""
    return any(check.blocking and not check.passed for check in checks)


@contextmanager
def validated(settings: Settings) -> Generator[Validation]:
    """Read all rows of the source by the contract, on this machine; nothing of it is kept."""
    with TemporaryDirectory(prefix="emr-ml-") as folder:
        here = {
            "deployment": "local",
            "stack": None,
            "lake": f"{folder}/lake",
            "sales_source": None,
        }
        result = _run(settings.model_copy(update=here), Path(folder))
        lake = open_lake(f"{folder}/lake")
        reports: dict[str, Report] = {}
        for event in result.get_asset_materialization_events():
            asset = event.asset_key.path[-1] if event.asset_key else ""
            version = str(event.materialization.metadata["version"].value)
            if committed := read_report(lake, asset, version):
                reports[asset] = committed.report
        rows = reports.get(processed_dataset.key.path[-1])
        checks = _checks(result, folder)
        # to Dagster, a check that blocks is a step that fails
        failures = [] if refused(checks) else [_failure(event) for event in result.all_events]
        yield Validation(
            snapshot=reports.get(raw_csv_s3.key.path[-1]),
            rows=rows,
            rejected=_first_rejected(rows, lake) if rows and rows.rows["rejected"] else [],
            checks=checks,
            failure=next((failure for failure in failures if failure), None),
        )


def _run(settings: Settings, folder: Path) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(
        assets=[raw_csv_s3, processed_dataset],
        resources={"settings": settings, "launcher": make_launcher(settings)},
        loggers={"progress": _progress},
    )
    with dg.DagsterInstance.ephemeral(tempdir=str(folder)) as instance:
        return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            run_config={"loggers": {"progress": {}}},
            raise_on_error=False,
        )


@dg.logger({}, description="What the jobs say of themselves, and nothing of Dagster's.")
def _progress(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("emr_ml", logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(ConsoleFormatter())
    handler.addFilter(lambda record: "dagster_event" not in getattr(record, "dagster_meta", {}))
    logger.addHandler(handler)
    return logger


def _failure(event: dg.DagsterEvent) -> str | None:
    cause = cause_of(event) if event.is_step_failure else None
    return cause and cause.removeprefix("failed: ")


def _checks(result: dg.ExecuteInProcessResult, folder: str) -> list[Check]:
    # where the rejected rows are will be gone when it is read
    place = re.compile(rf": see [\w ]+ {re.escape(folder)}\S*")
    return [
        Check(
            judged.check_name,
            judged.passed,
            bool(judged.blocking) and judged.severity == dg.AssetCheckSeverity.ERROR,
            place.sub("", judged.description or ""),
        )
        for judged in result.get_asset_check_evaluations()
    ]


def _first_rejected(report: Report, lake: Lake) -> list[Mapping[str, Any]]:
    """File, position, text and reason of some rejected rows."""
    import pyarrow.parquet as pq

    found: list[Mapping[str, Any]] = []
    for folder in rejected_folders(report, lake):
        for path in sorted(Path(folder).glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                batch = next(file.iter_batches(ROWS_SHOWN), None)
                found += batch.to_pylist() if batch else []
    return found[:ROWS_SHOWN]
