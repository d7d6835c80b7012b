"""The snapshot that the sales pipeline starts from."""

from pathlib import Path

import dagster as dg

from emr_ml import sample_data
from emr_ml.assets.catalogue import SALES
from emr_ml.checks.snapshot import judge_snapshot, snapshot_checks
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot
from emr_ml.settings import SALES_CONTRACT, Settings


@dg.asset(
    **SALES,
    kinds={"csv", "s3"},
    code_version="1",  # the form of the manifest
    check_specs=snapshot_checks("raw_sales_csv_s3"),
)
def raw_sales_csv_s3(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    launcher: dg.ResourceParam[Launcher],
) -> dg.MaterializeResult:
    """Which sales files the source holds: name, size and content of each, and its header."""
    source = settings.sales_source or str(sample_data.sales(Path(settings.sample_folder)))
    return materialize_snapshot(context, launcher.lake, source, SALES_CONTRACT, judge_snapshot)
