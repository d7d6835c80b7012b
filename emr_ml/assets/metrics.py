"""How good the model is."""

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, spark_asset
from emr_ml.assets.lr_model import lr_model
from emr_ml.checks.metrics import METRICS_CHECKS
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig, SparkJob, materialize
from emr_ml.settings import Settings

JOB = SparkJob(
    contract_fields=("label", "split"),
    inputs=("lr_model",),
    inputs_of_inputs={"processed_dataset": "lr_model"},
    checks=METRICS_CHECKS,
)


@spark_asset(TRAINING, JOB.checks, deps=[lr_model], kinds={"spark", "parquet"})
def metrics(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The model's figures on the test split, and each row that was scored for them.

    The data set is the one that the model was trained on.
    """
    return materialize(context, launcher, JOB, settings.dataset, force=config.force)
