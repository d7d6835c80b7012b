"""The snapshot that the sales pipeline starts from."""

from pathlib import Path

import dagster as dg

from emr_ml import sample_data
from emr_ml.assets.catalogue import SALES, snapshot_asset
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot
from emr_ml.settings import SALES_CONTRACT, Settings


@snapshot_asset(SALES)
def raw_sales_csv_s3(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """The sales files of the source: name, size, content and header of each."""
    source = settings.sales_source or str(sample_data.sales(Path(settings.sample_folder)))
    return materialize_snapshot(context, launcher.lake, source, SALES_CONTRACT)
