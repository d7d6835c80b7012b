"""Texts that are made ready for a fit stay in the lake, for models that differ in what comes after.

They are a version like any other, but no asset: nothing but models reads them.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from logging import Logger
from typing import Any

from pyspark.sql import DataFrame

from spark_jobs.runtime.attempt import now
from spark_jobs.runtime.execution import describe
from spark_jobs.runtime.job import Request, Result
from spark_jobs.runtime.lake import Lake, open_lake
from spark_jobs.runtime.lake.base import as_json
from spark_jobs.runtime.report import (
    PREPARED_TEXTS,
    attempt_key,
    commit,
    data_files,
    job_key,
    read_report,
)
from spark_jobs.runtime.uses import use
from spark_jobs.runtime.version import version_of

TEXTS = "texts"  # the folder in an attempt's
LATER = ("index", "numeric")  # settings of a featurizer that say nothing of its texts
# places of terms hardly repeat in a text: a dictionary of them is slow to make, and no smaller
FORMAT = {"compression": "zstd", "parquet.enable.dictionary": "false"}


def prepared_texts(
    rows: DataFrame, request: Request, settings: Mapping[str, Any], log: Logger
) -> DataFrame:
    """The rows as they are in the lake; they are written there first if they are not.

    Only the first attempt at a model takes what it finds. A later one computes the rows anew, for
    the one before may have failed by them, or somebody has asked for that with `force`.

    Args:
        rows: what comes of the texts of the request's data set.
        request: the model's.
        settings: of the featurizer.
        log: the run's.
    """
    lake, wanted = open_lake(request.lake), _wanted(request, settings)
    use(lake, f"{PREPARED_TEXTS}/{wanted.version}")
    found = read_report(lake, PREPARED_TEXTS, wanted.version)
    if found and request.attempt == 1:
        files = data_files(lake, PREPARED_TEXTS, wanted.version, found.report.attempt)
        if files == found.report.files:
            log.info("texts were prepared for an earlier model: %s", found.report.path)
            return _read(rows, lake, wanted, found.report.attempt)
        log.warning("files are missing or torn, so texts are prepared anew: %s", found.report.path)
    begun, started = _begun(lake, wanted), now()
    rows.write.options(**FORMAT).parquet(f"{begun.output}/{TEXTS}")
    report = describe(lake, begun, Result({}, {}, {}), started)
    standing = commit(lake, report, found.etag if found else None)
    return _read(rows, lake, wanted, standing.attempt)


def _wanted(request: Request, settings: Mapping[str, Any]) -> Request:
    params = {name: value for name, value in settings.items() if name not in LATER}
    version = version_of(
        PREPARED_TEXTS,
        code=request.code,
        contract=request.contract,
        params=params,
        inputs={name: given.version for name, given in request.inputs.items()},
        spark=request.spark,
    )
    return replace(request, asset=PREPARED_TEXTS, version=version, params=params)


def _begun(lake: Lake, wanted: Request) -> Request:
    """The request as an attempt that no other process has."""
    mark = as_json({"at": now()})
    attempt = next(
        number
        for number in count(1)
        if lake.create(job_key(PREPARED_TEXTS, wanted.version, number, "started.json"), mark)
    )
    place = lake.uri(attempt_key(PREPARED_TEXTS, wanted.version, attempt))
    return replace(wanted, attempt=attempt, output=place)


def _read(rows: DataFrame, lake: Lake, wanted: Request, attempt: int) -> DataFrame:
    key = attempt_key(PREPARED_TEXTS, wanted.version, attempt)
    return rows.sparkSession.read.parquet(f"{lake.uri(key)}/{TEXTS}")
