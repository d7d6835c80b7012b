"""Launchers: run Spark jobs where the deployment wants them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from emr_ml.launchers.base import Launcher, LaunchError
from emr_ml.settings import Deployment, Settings, SettingsError
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
        try:
            return make_launcher(settings, sources)
        except LaunchError as error:
            raise dg.Failure(str(error), allow_retries=False) from error

    return dg.ResourceDefinition(create, description=f"Runs Spark jobs: {settings.deployment}.")


def make_launcher(settings: Settings, sources: Sequence[str | None] = (None,)) -> Launcher:
    """Create the launcher of the configured deployment, on the configured lake.

    Raises:
        LaunchError: the stack or the cluster configuration can't be used.
    """
    try:
        settings = with_stack(settings)
    except SettingsError as error:
        raise LaunchError(str(error)) from error
    match settings.deployment:
        case Deployment.LOCAL:
            return _local_launcher(settings, sources)
        case Deployment.EMR:
            return _emr_launcher(settings)
        case Deployment.EMR_SERVERLESS:
            return _serverless_launcher(settings)
        case Deployment.SPARK_SUBMIT:
            return _spark_submit_launcher(settings)


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


def _emr_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.emr.config.loading import load_cluster_config
    from emr_ml.launchers.emr.launcher import EmrLauncher
    from emr_ml.launchers.remote.target import TargetConfigError
    from spark_jobs.runtime.lake import open_lake

    try:
        config = load_cluster_config(settings)
        return EmrLauncher(open_lake(settings.lake), config, _polling(settings))
    except TargetConfigError as error:
        raise LaunchError(str(error)) from error


def _serverless_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.remote.target import TargetConfigError
    from emr_ml.launchers.serverless.config import load_serverless_config
    from emr_ml.launchers.serverless.launcher import ServerlessLauncher
    from spark_jobs.runtime.lake import open_lake

    try:
        config = load_serverless_config(settings)
        return ServerlessLauncher(open_lake(settings.lake), config, _polling(settings))
    except TargetConfigError as error:
        raise LaunchError(str(error)) from error


def _spark_submit_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.remote.target import TargetConfigError
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.launcher import SparkSubmitLauncher
    from spark_jobs.runtime.lake import open_lake

    try:
        config = load_spark_submit_config(settings)
    except TargetConfigError as error:
        raise LaunchError(str(error)) from error
    return SparkSubmitLauncher(open_lake(settings.lake), config, _polling(settings))


def _polling(settings: Settings) -> "PollingPolicy":
    from emr_ml.launchers.remote.polling import PollingPolicy

    return PollingPolicy(
        fast=settings.fast_poll_seconds,
        slow=settings.poll_seconds,
        visibility=settings.visibility_seconds,
        patience=settings.api_patience_seconds,
    )
