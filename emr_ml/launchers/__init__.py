"""How a Spark job gets run: the launcher of each deployment."""

import dagster as dg

from emr_ml.launchers.base import Launcher
from emr_ml.settings import Settings


def launcher_resource(settings: Settings) -> dg.ResourceDefinition:
    """The launcher of the deployment, made when a run begins: it may open a connection."""

    def make(_: dg.InitResourceContext) -> Launcher:
        return make_launcher(settings)

    return dg.ResourceDefinition(make, description=f"Runs Spark jobs: {settings.deployment}.")


def make_launcher(settings: Settings) -> Launcher:
    """The launcher of the deployment that is set, on the lake that is set."""
    from emr_ml.launchers.local import LocalLauncher
    from spark_jobs.runtime.lake import open_lake

    sources = (settings.lake, settings.source, settings.sales_source)
    return LocalLauncher(
        open_lake(settings.lake),
        settings.fast_poll_seconds,
        settings.spark_conf,
        on_s3=any(source and source.startswith("s3://") for source in sources),
    )
