"""The model that scores new data."""

from typing import Any

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.lr_model import lr_model
from emr_ml.assets.metrics import metrics
from emr_ml.champions.contest import Held, contest_of, hold
from emr_ml.champions.record import MODEL
from emr_ml.contract import load_contract
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig, plain_failures
from emr_ml.settings import Settings


@dg.asset(
    **TRAINING,
    kinds={"spark", "sparkml"},
    deps=[lr_model, metrics],
    code_version=code_version("champion_model"),
)
def champion_model(
    context: dg.AssetExecutionContext,
    config: SparkConfig,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The best model so far: a version of `lr_model`, which is the data version shown here.

    A new model takes its place if all its checks pass and its loss on the same rows of the test
    side is surely lower. Else the champion stays, and `reason` says why. `emr-ml promote` and
    `emr-ml rollback` do it by hand.
    """
    with plain_failures():
        contract = load_contract(settings.dataset)
        contest = contest_of(context, launcher, contract, force=config.force)
        held = hold(contest, context.log)
    version = held.champion(contest.challenger.version)
    what = "is the new champion" if held.ruling.promoted else "stays champion"
    context.log.info("%s %s: %s", version, what, held.ruling.reason)
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "lake_path": dg.MetadataValue.path(launcher.lake.uri(f"{MODEL}/{version}")),
            "challenger": contest.challenger.version,
            **_told(held),
        },
        data_version=dg.DataVersion(version),
    )


def _told(held: Held) -> dict[str, Any]:
    computed = held.outcome is not None and not held.outcome.reused
    return {
        "promoted": held.ruling.promoted,
        "reused": not held.ruling.promoted and not computed,
        "reason": held.ruling.reason,
        **({"champion_before": held.before} if held.before else {}),
        **held.ruling.facts,
    }
