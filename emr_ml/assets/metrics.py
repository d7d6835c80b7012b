"""How good the model is."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import spark_asset
from emr_ml.checks.metrics import METRICS_CHECKS
from emr_ml.lake.champion import read_champion
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import JobSpec, SparkConfig, materialize
from emr_ml.model_report.metadata import with_page
from emr_ml.pipeline import Pipeline

JOB = JobSpec(
    contract_fields=("label", "split", "columns", "id", "report"),
    inputs=("lr_model",),
    inputs_of_inputs={"processed_dataset": "lr_model"},
    checks=METRICS_CHECKS,
)


def make_metrics(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `metrics` of a pipeline."""

    @spark_asset(pipeline, JOB.checks, page="report", deps=["lr_model"], kinds={"spark", "report"})
    def metrics(
        context: dg.AssetExecutionContext,
        config: SparkConfig,
        launcher: dg.ResourceParam[Launcher],
    ) -> Iterator[dg.MaterializeResult]:
        """The model's figures on the test split, and each row that was scored for them.

        The data set is the one that the model was trained on. `report.html` shows what the model
        is good for and where it is wrong.
        """
        lake = pipeline.lake(launcher.lake)

        def complete(result: dg.MaterializeResult) -> dg.MaterializeResult:
            return with_page(context, result, lake, pipeline.load_contract)

        yield from materialize(
            context,
            pipeline.launcher(launcher),
            JOB,
            pipeline.load_contract,
            force=config.force,
            complete=complete,
            # the first model becomes champion without a comparison
            jobless=lambda: () if read_champion(lake) else ("champion_model",),
        )

    return metrics
