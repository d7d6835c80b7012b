"""The model."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import MODEL_KINDS, spark_asset
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

    @spark_asset(
        pipeline, JOB.checks, page="contract", deps=["processed_dataset"], kinds=MODEL_KINDS
    )
    def lr_model(
        context: dg.AssetExecutionContext,
        config: LrModelConfig,  # pyright: ignore[reportInvalidTypeForm] - made from the contract
        launcher: dg.ResourceParam[Launcher],
    ) -> Iterator[dg.MaterializeResult]:
        """The model: how columns become numbers, and what is learned from them.

        Candidates are compared on rows that they have not seen, or in folds if there are few rows.
        The best one is fitted again, to the training and the validation split. What counts is the
        log loss of classes, and the root mean squared error of numbers.
        """
        yield from materialize(
            context,
            pipeline.launcher(launcher),
            JOB,
            pipeline.load_contract,
            params=lambda contract: model_params(contract, config),
            force=config.force,
        )

    return lr_model
