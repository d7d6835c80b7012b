"""The model."""

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.checks.model import judge_model, model_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import Recipe, materialize
from emr_ml.run_config import model_config, model_params
from emr_ml.settings import Settings, load_settings

LrModelConfig = model_config(load_settings().dataset)


@dg.asset(
    **TRAINING,
    kinds={"spark", "sparkml"},
    deps=[processed_dataset],
    code_version=code_version("lr_model"),
    check_specs=model_checks("lr_model"),
)
def lr_model(
    context: dg.AssetExecutionContext,
    config: LrModelConfig,  # pyright: ignore[reportInvalidTypeForm] - made from the contract
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """Featurizers and an estimator, fitted as one pipeline on the training side.

    Of all candidates, each featurizer with each parameter of the estimator, it is the one that
    does best on the validation side: by log loss, or by root mean squared error of a number.
    """
    return materialize(
        context,
        launcher,
        Recipe(
            contract=settings.dataset,
            fields=("columns", "label", "split"),
            inputs=("processed_dataset",),
            params=lambda contract: model_params(contract, config),
            judge=judge_model,
            force=config.force,
        ),
    )
