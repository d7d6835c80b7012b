"""The rows of the snapshot, typed and cleaned."""

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.raw_csv_s3 import raw_csv_s3
from emr_ml.checks.dataset import dataset_checks, judge_dataset
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import Recipe, SparkConfig, materialize
from emr_ml.settings import Settings


@dg.asset(
    **TRAINING,
    kinds={"spark", "parquet"},
    deps=[raw_csv_s3],
    code_version=code_version("processed_dataset"),
    check_specs=dataset_checks("processed_dataset"),
)
def processed_dataset(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The rows of the snapshot, typed and cleaned by the contract, row by row.

    Rows that break the contract go to `rejected/` with file, position, raw text and reason:
    rows in are rows kept and rows rejected.
    """
    return materialize(
        context,
        launcher,
        Recipe(
            contract=settings.dataset,
            fields=("format", "dialect", "missing", "columns", "label", "id"),
            inputs=("raw_csv_s3",),
            batches="raw_csv_s3",
            judge=judge_dataset,
            force=config.force,
        ),
    )
