"""Which versions of an asset the lake has."""

from collections.abc import Iterator

from emr_ml.lake.champion import METRICS, MODEL
from emr_ml.lake.versions import VERSION
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report, read_report, report_key


def committed_versions(lake: Lake, asset: str, prefix: str = "") -> Iterator[str]:
    """Yield the committed versions of an asset that start with the prefix."""
    for entry in lake.list(f"{asset}/{prefix}"):
        version, _, name = entry.key.removeprefix(f"{asset}/").partition("/")
        if name == "report.json" and entry.key == report_key(asset, version):
            yield version


def stored_versions(lake: Lake, asset: str, prefix: str = "") -> Iterator[str]:
    """Yield the versions that start with the prefix, those without a commit as well."""
    last = ""
    for entry in lake.list(f"{asset}/{prefix}"):
        version, _, name = entry.key.removeprefix(f"{asset}/").partition("/")
        if name and version != last and VERSION.fullmatch(version):
            yield version
            last = version


def newest_reports(lake: Lake, asset: str) -> list[Report]:
    """Return the reports of all committed versions of an asset, the newest first."""
    reports = (read_report(lake, asset, version) for version in committed_versions(lake, asset))
    return sorted(filter(None, reports), key=lambda report: report.finished, reverse=True)


def metrics_of(lake: Lake, model: str) -> Report | None:
    """Return the newest report of `metrics` that measured a version of `lr_model`, or None."""
    reports = newest_reports(lake, METRICS)
    return next((each for each in reports if each.inputs.get(MODEL) == model), None)
