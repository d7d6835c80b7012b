"""How good the champion is on the newest data."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, spark_asset
from emr_ml.assets.champion_model import champion_model
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.champions.compatibility import NoUsableChampionError, usable_champion
from emr_ml.checks.metrics import METRICS_CHECKS
from emr_ml.contract import load_contract
from emr_ml.lake.champion import MODEL
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig, SparkJob, errors_as_failures, materialize, skip
from emr_ml.settings import Settings

JOB = SparkJob(
    contract_fields=("label", "split"), inputs=("processed_dataset",), checks=METRICS_CHECKS
)


@spark_asset(
    TRAINING,
    JOB.checks,
    deps=[champion_model, processed_dataset],
    kinds={"spark", "parquet"},
    output_required=False,
)
def champion_metrics(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The champion's figures on the test split of the newest data set.

    They show whether the world has changed since it was trained. The asset is skipped if there is
    no champion that can be evaluated by the contract.
    """
    try:
        with errors_as_failures(launcher.lake):
            contract = load_contract(settings.dataset)
            model, _ = usable_champion(launcher.lake, contract, on_test_split=True)
    except NoUsableChampionError as reason:
        yield from skip(context, str(reason))
        return
    yield materialize(
        context,
        launcher,
        JOB,
        settings.dataset,
        fixed_inputs={MODEL: model},
        force=config.force,
    )
