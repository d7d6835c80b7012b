"""The model."""

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, spark_asset
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.checks.model import MODEL_CHECKS
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkJob, materialize
from emr_ml.run_config import model_config, model_params
from emr_ml.settings import Settings, load_settings

LrModelConfig = model_config(load_settings().dataset)
JOB = SparkJob(
    contract_fields=("columns", "label", "split"),
    inputs=("processed_dataset",),
    checks=MODEL_CHECKS,
)


@spark_asset(TRAINING, JOB.checks, deps=[processed_dataset], kinds={"spark", "sparkml"})
def lr_model(
    context: dg.AssetExecutionContext,
    config: LrModelConfig,  # pyright: ignore[reportInvalidTypeForm] - made from the contract
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """Featurizers and an estimator, fitted as one pipeline on the training split.

    A candidate is a featurizer with one value of each of the estimator's parameters. The model is
    the candidate with the best score on the validation split: log loss for classes, root mean
    squared error for numbers.
    """
    return materialize(
        context,
        launcher,
        JOB,
        settings.dataset,
        params=lambda contract: model_params(contract, config),
        force=config.force,
    )
