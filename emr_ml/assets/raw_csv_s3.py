"""The snapshot that training starts from."""

from collections.abc import Iterator

import dagster as dg

from emr_ml.assets.catalogue import snapshot_asset
from emr_ml.launchers.base import Launcher
from emr_ml.materialization import materialize_snapshot
from emr_ml.pipeline import Pipeline


def make_raw_csv_s3(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Return the asset `raw_csv_s3` of a pipeline."""

    @snapshot_asset(pipeline, pipeline.source, page="contract")
    def raw_csv_s3(
        context: dg.AssetExecutionContext,
        launcher: dg.ResourceParam[Launcher],
    ) -> Iterator[dg.MaterializeResult]:
        """The files of the source: name, size, content and header of each.

        Local files are uploaded to a lake in S3, once for each content; objects in S3 are
        referenced where they are. No row is read.
        """
        yield from materialize_snapshot(
            context,
            pipeline.lake(launcher.lake),
            pipeline.training_source(),
            pipeline.load_contract,
            prepare=launcher.prepare,
        )

    return raw_csv_s3
