"""The champion as files that score rows without Spark."""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg

from emr_ml.assets.catalogue import python_asset
from emr_ml.export.committed import commit_export
from emr_ml.lake.champion import MODEL, NO_CHAMPION, read_champion
from emr_ml.lake.versions import short
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import publish, skip
from emr_ml.pipeline import Pipeline
from emr_ml.ui.failures import errors_as_failures

FILES_VERSION = "1"  # of what the files hold


def make_exported_model(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `exported_model` of a pipeline."""

    @python_asset(
        pipeline,
        page="export",
        deps=["champion_model"],
        kinds={"numpy", "json"},
        code_version=FILES_VERSION,
        output_required=False,
    )
    def exported_model(
        context: dg.AssetExecutionContext, launcher: dg.ResourceParam[Launcher]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """The champion as `model.json` and `scorer.py`, which need only Python and numpy.

        The asset is skipped if there is no champion yet.
        """
        lake = pipeline.lake(launcher.lake)
        with errors_as_failures(lake):
            champion = read_champion(lake)
            outcome = commit_export(lake, champion.version) if champion else None
            contract = pipeline.load_contract()
        if champion is None or outcome is None:
            yield from skip(context, NO_CHAMPION)
            return
        option = f" --pipeline {'/'.join(pipeline.prefix)}" if pipeline.prefix else ""
        score = (
            f"Copy the files with `emr-ml export {short(champion.version)}{option}`, then score a "
            "CSV file with `python scorer.py FILE`"
        )
        metadata = {MODEL: champion.version, "how_to_score": dg.MetadataValue.md(score)}
        yield from publish(context, lake, replace(outcome, metadata=metadata), contract)

    return exported_model
