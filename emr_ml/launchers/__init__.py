"""Launchers: how a Spark job is run in each deployment."""

import dagster as dg

from emr_ml.launchers.base import Launcher, LaunchError
from emr_ml.settings import Settings, SettingsError
from emr_ml.stack import with_stack


def launcher_resource(settings: Settings) -> dg.ResourceDefinition:
    """The launcher of the deployment, made when a run begins: it may open a connection."""

    def make(_: dg.InitResourceContext) -> Launcher:
        try:
            return make_launcher(settings)
        except LaunchError as error:
            raise dg.Failure(str(error), allow_retries=False) from error

    return dg.ResourceDefinition(make, description=f"Runs Spark jobs: {settings.deployment}.")


def make_launcher(settings: Settings) -> Launcher:
    """The launcher of the deployment that is set, on the lake that is set.

    Raises:
        LaunchError: the stack or the cluster configuration can't be used.
    """
    try:
        settings = with_stack(settings)
    except SettingsError as error:
        raise LaunchError(str(error)) from error
    return _emr(settings) if settings.deployment == "emr" else _local(settings)


def _local(settings: Settings) -> Launcher:
    from emr_ml.launchers.local import LocalLauncher
    from emr_ml.launchers.local_spark import size_of
    from spark_jobs.runtime.lake import open_lake

    sources = (settings.lake, settings.source, settings.scoring_source, settings.sales_source)
    return LocalLauncher(
        open_lake(settings.lake),
        settings.fast_poll_seconds,
        settings.spark_conf,
        on_s3=any(source and source.startswith("s3://") for source in sources),
        size=size_of(sources[1:]),
    )


def _emr(settings: Settings) -> Launcher:
    from emr_ml.launchers.emr.config.model import ClusterConfigError, load_cluster_config
    from emr_ml.launchers.emr.context import PollingPolicy
    from emr_ml.launchers.emr.launcher import EmrLauncher
    from spark_jobs.runtime.lake import open_lake

    pace = PollingPolicy(
        fast=settings.fast_poll_seconds,
        slow=settings.poll_seconds,
        visibility=settings.visibility_seconds,
        patience=settings.api_patience_seconds,
    )
    try:
        return EmrLauncher(open_lake(settings.lake), load_cluster_config(settings), pace)
    except ClusterConfigError as error:
        raise LaunchError(str(error)) from error


MOST_WAITING_PROCESSES = 32


def executor_for(settings: Settings) -> dg.ExecutorDefinition:
    """One process for a local run, so that its jobs share one JVM; else one for each step.

    A step on EMR does nothing but wait, so many more may wait than there are cores.
    """
    if settings.deployment == "local":
        return dg.in_process_executor
    start = {"forkserver": {"preload_modules": ["emr_ml.definitions"]}}
    return dg.multiprocess_executor.configured(
        {"max_concurrent": MOST_WAITING_PROCESSES, "start_method": start}
    )
