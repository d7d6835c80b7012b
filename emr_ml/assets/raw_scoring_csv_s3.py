"""The snapshot of the files to score."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import snapshot_asset
from emr_ml.champions.compatibility import without_label
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot, skip
from emr_ml.pipeline import SCORING, Pipeline

NO_SOURCE = (
    "there is no source of rows to score: set EMR_ML_SCORING_SOURCE, or `scoring_source` of the "
    "pipeline"
)


def make_raw_scoring_csv_s3(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `raw_scoring_csv_s3` of a pipeline."""

    @snapshot_asset(
        pipeline,
        pipeline.scoring_source,
        page="predictions",
        domain=SCORING,
        output_required=False,
        # Dagster's in-process executor never ends if a step is to be skipped because of a skipped
        # one, and the last step that ran has failed: so the asset that may be skipped runs last
        op_tags={"dagster/priority": "-1"},
    )
    def raw_scoring_csv_s3(
        context: dg.AssetExecutionContext,
        launcher: dg.ResourceParam[Launcher],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        """The files with rows to score, without a label: name, size, content, header of each.

        Without a source of them there is nothing to score, and the asset is skipped.
        """
        source = pipeline.files_to_score()
        if source is None:
            yield from skip(context, NO_SOURCE)
            return
        yield from materialize_snapshot(
            context,
            pipeline.lake(launcher.lake),
            source,
            pipeline.load_contract,
            read_as=without_label,
            prepare=launcher.prepare,
        )

    return raw_scoring_csv_s3
