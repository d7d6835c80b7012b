"""The model."""

import dagster as dg

from emr_ml.assets.catalogue import spark_asset
from emr_ml.checks.model import MODEL_CHECKS
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import JobSpec, materialize
from emr_ml.pipeline import Pipeline
from emr_ml.run_config import model_config, model_params

JOB = JobSpec(
    contract_fields=("columns", "label", "weight", "split"),
    inputs=("processed_dataset",),
    checks=MODEL_CHECKS,
)


def make_lr_model(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `lr_model` of a pipeline."""
    LrModelConfig = model_config(pipeline)  # noqa: N806 - a class

    @spark_asset(pipeline, JOB.checks, deps=["processed_dataset"], kinds={"spark", "sparkml"})
    def lr_model(
        context: dg.AssetExecutionContext,
        config: LrModelConfig,  # pyright: ignore[reportInvalidTypeForm] - made from the contract
        launcher: dg.ResourceParam[Launcher],
    ) -> dg.MaterializeResult:
        """Featurizers and an estimator, as one pipeline.

        A candidate is a featurizer with an estimator and its parameters. The candidate that
        predicts the validation split best, or folds if there are few rows, is fitted to the
        training and the validation split. What counts is the log loss of classes, and the root
        mean squared error of numbers.
        """
        return materialize(
            context,
            pipeline.launcher(launcher),
            JOB,
            pipeline.load_contract,
            params=lambda contract: model_params(contract, config),
            force=config.force,
        )

    return lr_model
