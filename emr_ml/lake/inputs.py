"""Which version of an input a materialization reads."""

from dataclasses import replace

import dagster as dg

from emr_ml.lake.current import current_version
from emr_ml.lake.usage import mark_used
from emr_ml.lake.versions import DATA_VERSION
from spark_jobs.runtime.job import Input, JobError, SourceFile
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.parts import ManifestEntry
from spark_jobs.runtime.report import Report, attempt_key, read_report

PAGE_SIZE = 20


def find_input(context: dg.AssetExecutionContext, lake: Lake, asset: str) -> Input:
    """Return the version that this run has materialized, or else the current one.

    The asset's key has the prefix of the one that is materialized. A name with slashes is that of
    an asset of another pipeline, whose lake is a folder of this one.

    Raises:
        JobError: the asset has no current version; names the check that refused its last one.
    """
    key = dg.AssetKey([*context.asset_key.path[:-1], *asset.split("/")])
    if "/" in asset:
        folder, _, name = asset.rpartition("/")
        return _within(find_input_by_key(context, lake.below(folder), name, key), folder)
    return find_input_by_key(context, lake, asset, key)


def find_input_by_key(
    context: dg.AssetExecutionContext, lake: Lake, asset: str, key: dg.AssetKey
) -> Input:
    """Return the version of that key which this run has materialized, or else the current one.

    Raises:
        JobError: as `find_input`.
    """
    version = version_of_this_run(context, key) or current_version(lake, asset)
    return committed_input(lake, asset, version)


def committed_input(lake: Lake, asset: str, version: str) -> Input:
    """Return that version of the asset.

    Raises:
        JobError: it is not committed, or was removed.
    """
    return _input(lake, committed_report(lake, asset, version))


def committed_report(lake: Lake, asset: str, version: str) -> Report:
    """Return the report of that version, and mark it as used.

    Raises:
        JobError: it is not committed, or was removed.
    """
    mark_used(lake, f"{asset}/{version}")
    report = read_report(lake, asset, version)
    if report is None:
        raise JobError(f"{asset} {version} is gone from {lake.root}: materialize {asset} again")
    return report


def input_of_input(lake: Lake, source: str, source_input: Input, asset: str) -> Input:
    """Return the version of `asset` from which that version of `source` was computed."""
    source_report = committed_report(lake, source, source_input.version)
    return committed_input(lake, asset, source_report.inputs[asset])


def version_of_this_run(context: dg.AssetExecutionContext, asset: dg.AssetKey) -> str | None:
    """Return the data version that an earlier step of this run recorded for the asset, if any."""
    run = context.run
    record = context.instance.get_run_record_by_id(run.run_id)
    run_created = record.create_timestamp.timestamp() if record else 0.0
    cursor = None
    while True:
        page = context.instance.fetch_materializations(asset, limit=PAGE_SIZE, cursor=cursor)
        for event in page.records:
            if event.run_id == run.run_id and event.asset_materialization:
                return (event.asset_materialization.tags or {}).get(DATA_VERSION)
            if event.timestamp < run_created:
                return None
        if not page.has_more:
            return None
        cursor = page.cursor


def _within(given: Input, folder: str) -> Input:
    """Return an input of the lake in a folder, with its parts named from the lake around it."""
    parts = [replace(part, key=f"{folder}/{part.key}") for part in given.parts]
    return replace(given, parts=tuple(parts))


def _input(lake: Lake, report: Report) -> Input:
    # the path is derived, not read, so that no report can lead a job out of the lake
    path = lake.uri(attempt_key(report.asset, report.version, report.attempt))
    try:
        if report.spark is not None or report.inputs:  # of which a snapshot has neither
            parts = tuple(ManifestEntry.of(part) for part in report.parts)
            return Input(report.version, path, parts=parts)
        return Input(report.version, path, tuple(SourceFile.of(file) for file in report.files))
    except (TypeError, KeyError) as error:
        raise JobError(
            f"the report of {report.asset} {report.version} in {lake.root} was not written by "
            f"this project: remove it and materialize {report.asset} again"
        ) from error
