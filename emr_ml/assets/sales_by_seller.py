"""Sales by seller: a second pipeline, and what adding one takes."""

import dagster as dg

from emr_ml.assets.catalogue import SALES, code_version
from emr_ml.assets.raw_sales_csv_s3 import raw_sales_csv_s3
from emr_ml.checks.rows import judge_rows, row_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import Recipe, SparkConfig, materialize
from emr_ml.settings import SALES_CONTRACT


@dg.asset(
    **SALES,
    kinds={"spark", "parquet"},
    deps=[raw_sales_csv_s3],
    code_version=code_version("sales_by_seller"),
    check_specs=row_checks("sales_by_seller"),
)
def sales_by_seller(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """Quantity, revenue, transactions and mean ticket of each seller, highest revenue first."""
    return materialize(
        context,
        launcher,
        Recipe(
            contract=SALES_CONTRACT,
            fields=("format", "dialect", "missing", "columns", "label", "id"),
            inputs=("raw_sales_csv_s3",),
            judge=judge_rows,
            force=config.force,
        ),
    )
