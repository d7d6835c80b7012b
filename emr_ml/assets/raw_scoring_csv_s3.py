"""The snapshot of what is to be scored."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from emr_ml import sample_data
from emr_ml.assets.catalogue import SCORING
from emr_ml.champions.scoring import unlabelled
from emr_ml.checks.snapshot import judge_snapshot, snapshot_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot, skip
from emr_ml.settings import Settings


@dg.asset(
    **SCORING,
    kinds={"csv", "s3"},
    code_version="1",  # the form of the manifest
    check_specs=snapshot_checks("raw_scoring_csv_s3"),
    output_required=False,
    # Dagster's in-process executor spins for ever if a step is to be skipped because another one
    # was, and the last step to end is one that failed: so the one that may skip comes last
    op_tags={"dagster/priority": "-1"},
)
def raw_scoring_csv_s3(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Which files of rows to score there are; they need no label.

    Without EMR_ML_SCORING_SOURCE there is nothing to score, and the asset is skipped.
    """
    source = settings.scoring_source
    if source is None and settings.source is None:
        source = str(sample_data.undiagnosed(Path(settings.sample_folder)))
    if source is None:
        yield from skip(context, "EMR_ML_SCORING_SOURCE is not set, so there is nothing to score")
        return
    yield materialize_snapshot(
        context, launcher.lake, source, settings.dataset, judge_snapshot, read_as=unlabelled
    )
