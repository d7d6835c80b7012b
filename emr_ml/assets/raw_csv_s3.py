"""The snapshot that training starts from."""

from pathlib import Path

import dagster as dg

from emr_ml import sample_data
from emr_ml.assets.catalogue import TRAINING, snapshot_asset
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot
from emr_ml.settings import Settings


@snapshot_asset(TRAINING)
def raw_csv_s3(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The files of the source: name, size, content and header of each.

    Local files are uploaded to a lake in S3, once for each content; objects in S3 are referenced
    where they are. No row is read.
    """
    source = settings.source or str(sample_data.breast_cancer(Path(settings.sample_folder)))
    return materialize_snapshot(context, launcher.lake, source, settings.dataset)
