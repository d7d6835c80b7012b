"""The model that scores new data."""

from typing import Any

import dagster as dg

from emr_ml.assets.catalogue import TRAINING, code_version
from emr_ml.assets.lr_model import lr_model
from emr_ml.assets.metrics import metrics
from emr_ml.champions.contest import NOBODY, ContestResult, contest_of, hold
from emr_ml.contract import load_contract
from emr_ml.lake.champion import MODEL
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
        verdict = hold(contest, context.log)
    version = verdict.champion(contest.challenger.version)
    what = "is the new champion" if verdict.ruling.promoted else "stays champion"
    said = f"{version} {what}" if version != NOBODY else "there is no champion"
    context.log.info("%s: %s", said, verdict.ruling.reason)
    place = launcher.lake.uri(f"{MODEL}/{version}")
    return dg.MaterializeResult(
        metadata={
            "version": version,
            **({"lake_path": dg.MetadataValue.path(place)} if version != NOBODY else {}),
            "challenger": contest.challenger.version,
            **_told(verdict),
        },
        data_version=dg.DataVersion(version),
    )


def _told(verdict: ContestResult) -> dict[str, Any]:
    computed = verdict.outcome is not None and not verdict.outcome.reused
    return {
        "promoted": verdict.ruling.promoted,
        "reused": not verdict.ruling.promoted and not computed,
        "reason": verdict.ruling.reason,
        **({"champion_before": verdict.before} if verdict.before else {}),
        **verdict.ruling.facts,
    }
