"""The snapshot of the files to score."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from emr_ml import sample_data
from emr_ml.assets.catalogue import SCORING, snapshot_asset
from emr_ml.champions.compatibility import without_label
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot, skip
from emr_ml.settings import Settings


@snapshot_asset(
    SCORING,
    output_required=False,
    # Dagster's in-process executor never ends if a step is to be skipped because of a skipped
    # one, and the last step that ran has failed: so the asset that may be skipped runs last
    op_tags={"dagster/priority": "-1"},
)
def raw_scoring_csv_s3(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """The files with rows to score, which need no label: name, size, content and header of each.

    Without EMR_ML_SCORING_SOURCE there is nothing to score, and the asset is skipped.
    """
    source = settings.scoring_source
    if source is None and settings.source is None:
        source = str(sample_data.undiagnosed(Path(settings.sample_folder)))
    if source is None:
        yield from skip(context, "EMR_ML_SCORING_SOURCE is not set, so there is nothing to score")
        return
    yield materialize_snapshot(
        context, launcher.lake, source, settings.dataset, read_as=without_label
    )
