"""How good the champion is on the newest data."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.champion_model import champion_model
from emr_ml.assets.processed_dataset import processed_dataset
from emr_ml.champions.record import MODEL, NO_CHAMPION, read_champion
from emr_ml.champions.terms import Terms, terms_of
from emr_ml.checks.metrics import judge_metrics, metrics_checks
from emr_ml.contract import Contract, load_contract
from emr_ml.inputs import committed_input, committed_report
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import Recipe, SparkConfig, materialize, plain_failures, skip
from emr_ml.settings import Settings
from spark_jobs.runtime.job import Input, JobError
from spark_jobs.runtime.lake import Lake


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

    They show whether the world has moved on since it was trained. Without a champion the asset is
    skipped.
    """
    with plain_failures():
        champion = _champion(launcher.lake, load_contract(settings.dataset))
    if champion is None:
        yield from skip(context, NO_CHAMPION)
        return
    yield materialize(
        context,
        launcher,
        Recipe(
            contract=settings.dataset,
            fields=("label", "split"),
            inputs=("processed_dataset",),
            fixed={MODEL: champion},
            judge=judge_metrics,
            force=config.force,
        ),
    )


def _champion(lake: Lake, contract: Contract) -> Input | None:
    champion = read_champion(lake)
    if champion is None:
        return None
    terms = terms_of(lake, committed_report(lake, MODEL, champion.version))
    unknown = "the lake does not tell what it was trained on"
    if problem := terms.why_not(Terms.in_contract(contract)) if terms else unknown:
        raise JobError(
            f"the champion {champion.version} can't be measured by this contract: {problem}. Name "
            "another champion with `emr-ml promote VERSION`, or take its contract"
        )
    return committed_input(lake, MODEL, champion.version)
