"""The rows of the snapshot, typed and cleaned."""

import dagster as dg

from emr_ml.assets.catalogue import spark_asset
from emr_ml.checks.dataset import DATASET_CHECKS
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import JobSpec, SparkConfig, materialize
from emr_ml.pipeline import Pipeline

JOB = JobSpec(
    contract_fields=("format", "dialect", "missing", "columns", "label", "id", "weight"),
    inputs=("raw_csv_s3",),
    incremental_input="raw_csv_s3",
    checks=DATASET_CHECKS,
)


def make_processed_dataset(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `processed_dataset` of a pipeline."""

    @spark_asset(pipeline, JOB.checks, deps=["raw_csv_s3"], kinds={"spark", "parquet"})
    def processed_dataset(
        context: dg.AssetExecutionContext,
        config: SparkConfig,
        launcher: dg.ResourceParam[Launcher],
    ) -> dg.MaterializeResult:
        """The rows of the snapshot, typed and cleaned by the contract, row by row.

        Rows that break the contract are written to `rejected/` with file, position, raw text and
        reason. Every row is either kept or rejected.
        """
        return materialize(
            context,
            pipeline.launcher(launcher),
            JOB,
            pipeline.load_contract,
            force=config.force,
        )

    return processed_dataset
