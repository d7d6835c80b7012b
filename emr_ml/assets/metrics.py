"""How good the model is."""

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.lr_model import lr_model
from emr_ml.checks.metrics import judge_metrics, metrics_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import Recipe, SparkConfig, materialize
from emr_ml.settings import Settings


@dg.asset(
    **TRAINING,
    kinds={"spark", "parquet"},
    deps=[lr_model],
    code_version=code_version("metrics"),
    check_specs=metrics_checks("metrics"),
)
def metrics(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The model's figures on the test side, and each row that was scored for them.

    The data set is the one that the model was trained on.
    """
    return materialize(
        context,
        launcher,
        Recipe(
            contract=settings.dataset,
            fields=("label", "split"),
            inputs=("lr_model",),
            through={"processed_dataset": "lr_model"},
            judge=judge_metrics,
            force=config.force,
        ),
    )
