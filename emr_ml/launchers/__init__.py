"""Launchers: run Spark jobs where the deployment wants them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from emr_ml.errors import user_message
from emr_ml.launchers.base import Launcher, LaunchError
from emr_ml.settings import Deployment, Settings, SettingsError, load_settings
from emr_ml.stack import with_stack

if TYPE_CHECKING:
    from emr_ml.launchers.remote.polling import PollingPolicy


def launcher_resource(settings: Settings, sources: Sequence[str | None]) -> dg.ResourceDefinition:
    """Return the launcher as a resource, created when a run starts: it may open a connection.

    Args:
        settings: of the deployment.
        sources: all that runs may read; None is the sample.
    """

    def create(_: dg.InitResourceContext) -> Launcher:
        return launcher_of_run(settings, sources)

    return dg.ResourceDefinition(create, description=f"Runs Spark jobs: {settings.deployment}.")


def launcher_of_run(settings: Settings, sources: Sequence[str | None] = (None,)) -> Launcher:
    """Create the launcher as `make_launcher` does, for a run: its log shows no stack trace.

    Raises:
        Failure: the stack, AWS or the configuration of the target can't be used.
    """
    try:
        return make_launcher(settings, sources)
    except Exception as error:
        message = user_message(error, settings.lake)
        if message is None:
            raise
        raise dg.Failure(message, allow_retries=False) from error


def launcher_on(deployment: Deployment | None, base: Launcher) -> Launcher:
    """Return the launcher of a deployment that a component has of its own, on the same lake.

    Args:
        deployment: None for that of the settings.
        base: the launcher of the settings' deployment.

    Raises:
        Failure: the deployment's configuration can't be used.
    """
    if deployment is None:
        return base
    settings = load_settings()
    own = settings.on(deployment)
    return base if own is settings else launcher_of_run(own).on(base.lake)


def make_launcher(settings: Settings, sources: Sequence[str | None] = (None,)) -> Launcher:
    """Create the launcher of the configured deployment, on the configured lake.

    Raises:
        LaunchError: the stack or the configuration of the target can't be used.
    """
    try:
        settings = with_stack(settings)
        if settings.deployment is Deployment.LOCAL:
            return _local_launcher(settings, sources)
        return _remote_launcher(settings)
    except SettingsError as error:
        raise LaunchError(str(error)) from error


def _local_launcher(settings: Settings, sources: Sequence[str | None]) -> Launcher:
    from emr_ml.launchers.local import LocalLauncher
    from emr_ml.launchers.local_spark import data_size
    from spark_jobs.runtime.lake import open_lake

    addresses = (settings.lake, *sources)
    return LocalLauncher(
        open_lake(settings.lake),
        settings.fast_poll_seconds,
        settings.spark_conf,
        on_s3=any(address and address.startswith("s3://") for address in addresses),
        size=data_size(sources),
    )


def _remote_launcher(settings: Settings) -> Launcher:
    # each target imports what no other needs
    from emr_ml.launchers.remote.job_run_launcher import JobRunLauncher
    from emr_ml.launchers.remote.target import TargetConfigError
    from spark_jobs.runtime.lake import open_lake

    lake, polling = open_lake(settings.lake), _polling(settings)
    try:
        match settings.deployment:
            case Deployment.EMR_SERVERLESS:
                from emr_ml.launchers.serverless.config import load_serverless_config
                from emr_ml.launchers.serverless.job import ServerlessJob

                config = load_serverless_config(settings)
                return JobRunLauncher(ServerlessJob, lake, config, polling)
            case Deployment.EMR_EKS:
                from emr_ml.launchers.eks.config import load_eks_config
                from emr_ml.launchers.eks.job import EksJob

                return JobRunLauncher(EksJob, lake, load_eks_config(settings), polling)
            case Deployment.SPARK_SUBMIT:
                from emr_ml.launchers.spark_submit.config import load_spark_submit_config
                from emr_ml.launchers.spark_submit.launcher import SparkSubmitLauncher

                return SparkSubmitLauncher(lake, load_spark_submit_config(settings), polling)
            case _:
                from emr_ml.launchers.emr.config.loading import load_cluster_config
                from emr_ml.launchers.emr.launcher import EmrLauncher

                return EmrLauncher(lake, load_cluster_config(settings), polling)
    except TargetConfigError as error:
        raise LaunchError(str(error)) from error


def _polling(settings: Settings) -> "PollingPolicy":
    from emr_ml.launchers.remote.polling import PollingPolicy

    return PollingPolicy(
        fast=settings.fast_poll_seconds,
        slow=settings.poll_seconds,
        visibility=settings.visibility_seconds,
        patience=settings.api_patience_seconds,
    )
