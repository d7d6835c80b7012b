"""Which version of an input a materialization reads."""

import dagster as dg

from emr_ml.lake import current
from emr_ml.lake.usage import mark_used
from spark_jobs.runtime.job import Input, JobError, SourceFile
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import ManifestEntry
from spark_jobs.runtime.report import Report, attempt_key, read_report

PAGE = 20


def find_input(context: dg.AssetExecutionContext, lake: Lake, asset: str) -> Input:
    """The version that this run materialized, else the current one as it is now.

    Raises:
        JobError: the asset has no current version, naming the check that refused its last one.
    """
    version = version_of_this_run(context, asset)
    if version is None:
        standing = current.read_current(lake, asset)
        if standing is None:
            raise JobError(current.why_none(lake, asset))
        version = standing.version
    return committed_input(lake, asset, version)


def committed_input(lake: Lake, asset: str, version: str) -> Input:
    """That version of the asset.

    Raises:
        JobError: it is not committed, or no more.
    """
    return _input(lake, committed_report(lake, asset, version))


def committed_report(lake: Lake, asset: str, version: str) -> Report:
    """The report of that version.

    Raises:
        JobError: it is not committed, or no more.
    """
    mark_used(lake, f"{asset}/{version}")
    committed = read_report(lake, asset, version)
    if committed is None:
        raise JobError(f"{asset} {version} is gone from {lake.root}: materialize {asset} again")
    return committed.report


def through_input(lake: Lake, source: str, given: Input, asset: str) -> Input:
    """The version of the asset that the given version of `source` was made of."""
    return _input(
        lake,
        committed_report(lake, asset, committed_report(lake, source, given.version).inputs[asset]),
    )


def version_of_this_run(context: dg.AssetExecutionContext, asset: str) -> str | None:
    """The data version that an earlier step of this run recorded for the asset, if one did."""
    run = context.run
    record = context.instance.get_run_record_by_id(run.run_id)
    since = record.create_timestamp.timestamp() if record else 0.0
    cursor = None
    while True:
        found = context.instance.fetch_materializations(
            dg.AssetKey(asset), limit=PAGE, cursor=cursor
        )
        for event in found.records:
            if event.run_id == run.run_id and event.asset_materialization:
                return (event.asset_materialization.tags or {}).get("dagster/data_version")
            if event.timestamp < since:
                return None
        if not found.has_more:
            return None
        cursor = found.cursor


def _input(lake: Lake, report: Report) -> Input:
    # the path is derived, not read: no report can lead a job out of the lake
    path = lake.uri(attempt_key(report.asset, report.version, report.attempt))
    try:
        if report.spark is not None:
            parts = tuple(ManifestEntry.of(part) for part in report.parts)
            return Input(report.version, path, parts=parts)
        return Input(report.version, path, tuple(SourceFile.of(file) for file in report.files))
    except (TypeError, KeyError) as error:
        raise JobError(
            f"the report of {report.asset} {report.version} in {lake.root} is not what this "
            f"project writes: remove it and materialize {report.asset} again"
        ) from error
