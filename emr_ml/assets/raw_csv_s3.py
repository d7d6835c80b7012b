"""The snapshot that training starts from."""

from pathlib import Path

import dagster as dg

from emr_ml import sample_data
from emr_ml.assets.catalogue import TRAINING
from emr_ml.checks.snapshot import judge_snapshot, snapshot_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot
from emr_ml.settings import Settings


@dg.asset(
    **TRAINING,
    kinds={"csv", "s3"},
    code_version="1",  # the form of the manifest
    check_specs=snapshot_checks("raw_csv_s3"),
)
def raw_csv_s3(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """Which files the source holds: name, size and content of each, and its header.

    Files of this machine are uploaded to a lake in S3, once and by content; objects in S3 are
    referenced where they are. No row is read.
    """
    source = settings.source or str(sample_data.breast_cancer(Path(settings.sample_folder)))
    return materialize_snapshot(context, launcher.lake, source, settings.dataset, judge_snapshot)
