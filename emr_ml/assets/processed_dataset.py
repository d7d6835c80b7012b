"""The rows of the snapshot, typed and cleaned."""

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, spark_asset
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.checks.dataset import DATASET_CHECKS
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig, SparkJob, materialize
from emr_ml.settings import Settings

JOB = SparkJob(
    contract_fields=("format", "dialect", "missing", "columns", "label", "id"),
    inputs=("raw_csv_s3",),
    incremental_input="raw_csv_s3",
    checks=DATASET_CHECKS,
)


@spark_asset(TRAINING, JOB.checks, deps=[raw_csv_s3], kinds={"spark", "parquet"})
def processed_dataset(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The rows of the snapshot, typed and cleaned by the contract, row by row.

    Rows that break the contract are written to `rejected/` with file, position, raw text and
    reason. Every row is either kept or rejected.
    """
    return materialize(context, launcher, JOB, settings.dataset, force=config.force)
