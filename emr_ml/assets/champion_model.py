"""The model that scores new data."""

from contextlib import nullcontext
from logging import Logger
from typing import Any

import dagster as dg

from emr_ml.assets.catalogue import MODEL_KINDS, spark_asset
from emr_ml.champions.promotion import (
    NO_VERSION,
    Challenger,
    PromotionResult,
    find_challenger,
    run_promotion,
)
from emr_ml.lake.champion import MODEL, read_decision, record_decision
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import SparkConfig
from emr_ml.model_report.facts import gather_facts
from emr_ml.model_report.stored import store_page
from emr_ml.pipeline import Pipeline
from emr_ml.remaining_jobs import finishing, jobs_remain
from emr_ml.ui.failures import errors_as_failures
from emr_ml.ui.heartbeat import heartbeat, progress_of
from emr_ml.ui.run_tags import champion_tag, tag_run
from emr_ml.wording import rounded
from spark_jobs.runtime.lake import Lake


def make_champion_model(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `champion_model` of a pipeline."""

    @spark_asset(pipeline, page="champion", deps=["lr_model", "metrics"], kinds=MODEL_KINDS)
    def champion_model(
        context: dg.AssetExecutionContext,
        config: SparkConfig,
        launcher: dg.ResourceParam[Launcher],
    ) -> dg.MaterializeResult:
        """The best model so far: a version of `lr_model`, which is the data version shown here.

        A new model replaces it if all its checks pass and its loss on the same rows of the test
        split is significantly lower. Otherwise the champion stays, and `reason` says why. `emr-ml
        promote` and `emr-ml rollback` choose one by hand.
        """
        lake = pipeline.lake(launcher.lake)
        with errors_as_failures(lake), heartbeat(context.log, progress_of(context)):
            contract = pipeline.load_contract()
            challenger = find_challenger(
                context, pipeline.launcher(launcher), contract, force=config.force
            )
            result = run_promotion(challenger, context.log)
            with nullcontext() if jobs_remain(context) else finishing(context, launcher):
                keep_decision(lake, challenger, result, context.log)
        version = result.champion_after(challenger.version)
        context.log.info("%s: %s", _summary(version, result), result.decision.reason)
        promoted, exists = result.decision.promoted, version != NO_VERSION
        tag_run(context, champion_tag(promoted=promoted, exists=exists))
        lake_path = dg.MetadataValue.path(lake.uri(f"{MODEL}/{version}"))
        return dg.MaterializeResult(
            metadata={
                **_metadata(result),
                "challenger": challenger.version,
                "version": version,
                **({"lake_path": lake_path} if version != NO_VERSION else {}),
            },
            data_version=dg.DataVersion(version),
        )

    return champion_model


def keep_decision(lake: Lake, challenger: Challenger, result: PromotionResult, log: Logger) -> None:
    """Keep the decision about a challenger beside its metrics, and on their page."""
    if challenger.version == result.champion_before:
        return  # nothing was decided
    decision = {
        "promoted": result.decision.promoted,
        "reason": result.decision.reason,
        "champion_before": result.champion_before,
        "figures": {**result.decision.metadata},
    }
    metrics = challenger.metrics
    if read_decision(lake, metrics) != decision:
        record_decision(lake, metrics, decision)
        try:
            store_page(lake, gather_facts(lake, metrics.version, challenger.contract))
        # the decision is made: that nobody can draw it is no reason to fail what needs it
        except Exception as error:
            log.warning("the report.html of the metrics does not show the decision: %s", error)


def _summary(version: str, result: PromotionResult) -> str:
    if version == NO_VERSION:
        return "there is no champion"
    return f"{version} {'is the new champion' if result.decision.promoted else 'stays champion'}"


def _metadata(result: PromotionResult) -> dict[str, Any]:
    computed = result.comparison is not None and not result.comparison.reused
    before = result.champion_before
    return {
        "promoted": result.decision.promoted,
        "reason": result.decision.reason,
        **rounded(result.decision.metadata),
        **({"champion_before": before} if before else {}),
        "reused": not result.decision.promoted and not computed,
    }
