"""Sales by seller: a second pipeline, and an example of how to add one."""

import dagster as dg

from emr_ml.assets.catalogue import SALES, spark_asset
from emr_ml.assets.raw_sales_csv_s3 import raw_sales_csv_s3
from emr_ml.checks.rows import ROW_CHECKS
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig, SparkJob, materialize
from emr_ml.settings import SALES_CONTRACT

JOB = SparkJob(
    contract_fields=("format", "dialect", "missing", "columns", "label", "id"),
    inputs=("raw_sales_csv_s3",),
    checks=ROW_CHECKS,
)


@spark_asset(SALES, JOB.checks, deps=[raw_sales_csv_s3], kinds={"spark", "parquet"})
def sales_by_seller(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """Quantity, revenue, transactions and average ticket of each seller, highest revenue first."""
    return materialize(context, launcher, JOB, SALES_CONTRACT, force=config.force)
