"""A small job that is quickly done: `sales_by_seller` on the sample data."""

import csv
from pathlib import Path

from emr_ml import sample_data
from emr_ml.components.spark_job import READING_FIELDS
from emr_ml.contract import load_contract
from emr_ml.lake.job_code import code_of
from emr_ml.lake.versions import VersionSpec, local_spark
from emr_ml_tests.graph import SALES_CONTRACT
from spark_jobs.runtime.content import content_of
from spark_jobs.runtime.job import Input, SourceFile


def sales_work(folder: Path, **changes: object) -> VersionSpec:
    """Return the version of `sales_by_seller` for the sample data."""
    path = sample_data.sales(folder)
    header = tuple(next(csv.reader(path.read_text().splitlines())))
    file = SourceFile(path.name, str(path), path.stat().st_size, content_of(path), header)
    parts: dict[str, object] = {
        "asset": "sales_by_seller",
        "run_id": "a-run",
        "inputs": {"raw_sales_csv_s3": Input("snapshot", "", (file,))},
        "contract": load_contract(SALES_CONTRACT).pick(*READING_FIELDS),
        "params": {},
        "code": code_of("sales_by_seller"),
        "spark": local_spark(),
    }
    return VersionSpec(**{**parts, **changes})  # pyright: ignore[reportArgumentType] - parts fit
