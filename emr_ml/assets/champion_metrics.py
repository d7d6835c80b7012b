"""How good the champion is on the newest data."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.champion_model import champion_model
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.champions.compatibility import NotUsableError, usable_champion
from emr_ml.checks.metrics import judge_metrics, metrics_checks
from emr_ml.contract import load_contract
from emr_ml.lake.champion import MODEL
from emr_ml.lake.inputs import committed_input
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import Recipe, SparkConfig, materialize, plain_failures, skip
from emr_ml.settings import Settings


@dg.asset(
    **TRAINING,
    kinds={"spark", "parquet"},
    deps=[champion_model, processed_dataset],
    code_version=code_version("champion_metrics"),
    check_specs=metrics_checks("champion_metrics"),
    output_required=False,
)
def champion_metrics(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The champion's figures on the test side of the newest data set.

    They show whether the world has moved on since it was trained. Without a champion that can be
    measured by the contract the asset is skipped.
    """
    try:
        with plain_failures():
            contract = load_contract(settings.dataset)
            champion, _ = usable_champion(launcher.lake, contract, to_measure=True)
    except NotUsableError as why:
        yield from skip(context, str(why))
        return
    yield materialize(
        context,
        launcher,
        Recipe(
            contract=settings.dataset,
            fields=("label", "split"),
            inputs=("processed_dataset",),
            fixed={MODEL: committed_input(launcher.lake, MODEL, champion.version)},
            judge=judge_metrics,
            force=config.force,
        ),
    )
