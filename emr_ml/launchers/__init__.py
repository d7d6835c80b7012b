"""Launchers: run Spark jobs where the deployment wants them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

import dagster as dg

from emr_ml.errors import UserError, user_message
from emr_ml.failed import Failed, in_lines
from emr_ml.launchers.base import Launcher, LaunchError
from emr_ml.settings import Deployment, Settings, load_settings
from emr_ml.stack import with_stack

if TYPE_CHECKING:
    from emr_ml.launchers.remote.polling import PollingPolicy
    from spark_jobs.runtime.lake import Lake


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
        Failed: the stack, AWS or the configuration of the target can't be used.
    """
    try:
        return make_launcher(settings, sources)
    except Exception as error:
        message = user_message(error, settings.lake)
        if message is None:
            raise
        raise Failed(in_lines(error, message), allow_retries=False) from None


def launcher_on(deployment: Deployment | None, base: Launcher) -> Launcher:
    """Return the launcher of a deployment that a component has of its own, on the same lake.

    Args:
        deployment: None for that of the settings.
        base: the launcher of the settings' deployment.

    Raises:
        Failed: the deployment's configuration can't be used.
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
        # each target imports what no other needs
        match settings.deployment:
            case Deployment.LOCAL:
                return _local_launcher(settings, sources)
            case Deployment.EMR:
                return _emr_launcher(settings)
            case Deployment.EMR_SERVERLESS:
                return _serverless_launcher(settings)
            case Deployment.EMR_EKS:
                return _eks_launcher(settings)
            case Deployment.SPARK_SUBMIT:
                return _spark_submit_launcher(settings)
            case _:
                assert_never(settings.deployment)
    except UserError as error:
        raise LaunchError(str(error)) from error


def _local_launcher(settings: Settings, sources: Sequence[str | None]) -> Launcher:
    from emr_ml.launchers.local import LocalLauncher
    from emr_ml.launchers.local_spark import data_size

    addresses = (settings.lake, *sources)
    return LocalLauncher(
        _lake(settings),
        settings.fast_poll_seconds,
        settings.spark_conf,
        on_s3=any(address and address.startswith("s3://") for address in addresses),
        size=data_size(sources),
        warm_seconds=settings.warm_minutes * 60 if settings.warm else None,
    )


def _emr_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.emr.config.loading import load_cluster_config
    from emr_ml.launchers.emr.launcher import EmrLauncher

    return EmrLauncher(_lake(settings), load_cluster_config(settings), _polling(settings))


def _serverless_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.remote.job_run_launcher import JobRunLauncher
    from emr_ml.launchers.serverless.config import load_serverless_config
    from emr_ml.launchers.serverless.job import ServerlessJob

    config = load_serverless_config(settings)
    return JobRunLauncher(ServerlessJob, _lake(settings), config, _polling(settings))


def _eks_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.eks.config import load_eks_config
    from emr_ml.launchers.eks.job import EksJob
    from emr_ml.launchers.remote.job_run_launcher import JobRunLauncher

    config = load_eks_config(settings)
    return JobRunLauncher(EksJob, _lake(settings), config, _polling(settings))


def _spark_submit_launcher(settings: Settings) -> Launcher:
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.launcher import SparkSubmitLauncher

    config = load_spark_submit_config(settings)
    return SparkSubmitLauncher(_lake(settings), config, _polling(settings))


def _lake(settings: Settings) -> "Lake":
    from spark_jobs.runtime.lake import open_lake

    return open_lake(settings.lake)


def _polling(settings: Settings) -> "PollingPolicy":
    from emr_ml.launchers.remote.polling import PollingPolicy

    return PollingPolicy(
        fast=settings.fast_poll_seconds,
        slow=settings.poll_seconds,
        visibility=settings.visibility_seconds,
        patience=settings.api_patience_seconds,
    )
