"""What the lake says about models: their reports, and what belongs to them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emr_ml.champions.compatibility import requested_contract
from emr_ml.lake.champion import METRICS, MODEL
from emr_ml.lake.leases import LeaseFile
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, attempt_key, lease_key, read_report

SNAPSHOT, DATASET = "raw_csv_s3", "processed_dataset"
# the commits of versions, and pages for people beside them
PAGE = "report.html"
TRACKED = re.compile(rf"({MODEL}|{METRICS})/([0-9a-f]{{32}})/(?:.*/)?report\.(json|html)")

Stamps = Mapping[str, str]  # size and time of each tracked object, by key


@dataclass(frozen=True)
class TrackedModel:
    """A version of `lr_model` and what was made of it.

    Args:
        model: its report.
        metrics: the latest report of `metrics` of it, if there is one.
        dataset: the report of its data set; None if the lake no longer has it.
        contract: the contract's fields that data set and model were made by, as far as known.
        dagster_runs: the run that computed it, by asset.
        pages: keys of pages for people, by asset.
        stamps: of all tracked objects that belong to it.
    """

    model: Report
    metrics: Report | None
    dataset: Report | None
    contract: Mapping[str, Any]
    dagster_runs: Mapping[str, str]
    pages: Mapping[str, str] = field(default_factory=dict[str, str])
    stamps: Stamps = field(default_factory=dict[str, str])

    @property
    def version(self) -> str:
        return self.model.version


def read_stamps(lake: Lake) -> dict[str, str]:
    """Return what changes whenever a tracked object does, by key. No object is read."""
    return {
        entry.key: f"{entry.size} {entry.modified:.3f}"
        for asset in (MODEL, METRICS)
        for entry in lake.list(f"{asset}/")
        if TRACKED.fullmatch(entry.key)
    }


def version_in(key: str) -> tuple[str, str]:
    """Return asset and version of a tracked object."""
    asset, version, _ = key.split("/", 2)
    return asset, version


def model_of(lake: Lake, key: str) -> str | None:
    """Return the version of `lr_model` that a tracked object belongs to, None if it is gone.

    Raises:
        JobError: the report is damaged.
    """
    asset, version = version_in(key)
    if asset == MODEL:
        return version
    report = read_report(lake, METRICS, version)
    return report.inputs.get(MODEL) if report else None


def read_model(lake: Lake, version: str, keys: Iterable[str], stamps: Stamps) -> TrackedModel:
    """Read what the lake has about a version of `lr_model`.

    Args:
        lake: of the pipeline.
        version: of `lr_model`.
        keys: of tracked objects that belong to it.
        stamps: of all tracked objects.

    Raises:
        JobError: a report is damaged, or the model's is gone.
    """
    own = {key: stamps[key] for key in sorted(keys) if key in stamps}
    # not `committed_report`, which would mark it as used and so keep it from every clean-up
    model = read_report(lake, MODEL, version)
    if model is None:
        raise JobError(f"{MODEL} {version} is gone from {lake.root}: it was removed meanwhile")
    evaluations = sorted({found for asset, found in map(version_in, own) if asset == METRICS})
    measured = [read_report(lake, METRICS, each) for each in evaluations]
    # the same model, measured by other code or on another split
    metrics = max(
        filter(None, measured),
        key=lambda report: report.finished,
        default=None,
    )
    dataset = read_report(lake, DATASET, model.inputs.get(DATASET, "none"))
    reports = [report for report in (model, metrics) if report]
    of_dataset = requested_contract(lake, dataset) if dataset else None
    return TrackedModel(
        model=model,
        metrics=metrics,
        dataset=dataset,
        contract={**(of_dataset or {}), **(requested_contract(lake, model) or {})},
        dagster_runs={
            report.asset: lease.run_id
            for report in reports
            if (lease := LeaseFile(lake, lease_key(report.asset, report.version)).read())
        },
        pages={
            report.asset: key
            for report in reports
            for folder in (
                f"{report.asset}/{report.version}",
                attempt_key(report.asset, report.version, report.attempt),
            )
            if (key := f"{folder}/{PAGE}") in own
        },
        stamps=own,
    )
