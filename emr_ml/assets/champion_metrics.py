"""How good the champion is on the newest data."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import spark_asset
from emr_ml.champions.compatibility import NoUsableChampionError, usable_champion
from emr_ml.checks.metrics import METRICS_CHECKS
from emr_ml.lake.champion import MODEL
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import JobSpec, SparkConfig, materialize, skip
from emr_ml.pipeline import Pipeline
from emr_ml.ui.failures import errors_as_failures

JOB = JobSpec(
    contract_fields=("label", "split", "columns", "id", "report"),
    inputs=("processed_dataset",),
    checks=METRICS_CHECKS,
    same_as="metrics",  # which has the same inputs if the data is what the champion was trained on
)


def make_champion_metrics(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `champion_metrics` of a pipeline."""

    @spark_asset(
        pipeline,
        JOB.checks,
        page="champion",
        deps=["champion_model", "processed_dataset"],
        kinds={"spark", "report"},
        output_required=False,
    )
    def champion_metrics(
        context: dg.AssetExecutionContext,
        config: SparkConfig,
        launcher: dg.ResourceParam[Launcher],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """The champion's figures on the test split of the newest data set.

        They show whether the world has changed since it was trained. The asset is skipped if there
        is no champion that can be evaluated by the contract.
        """
        lake = pipeline.lake(launcher.lake)
        try:
            with errors_as_failures(lake):
                contract = pipeline.load_contract()
                model, _ = usable_champion(lake, contract, on_test_split=True)
        except NoUsableChampionError as reason:
            yield from skip(context, str(reason))
            return
        yield from materialize(
            context,
            pipeline.launcher(launcher),
            JOB,
            pipeline.load_contract,
            fixed_inputs={MODEL: model},
            force=config.force,
        )

    return champion_metrics
