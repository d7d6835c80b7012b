"""A plan: what a run would start, without starting it."""

from collections.abc import Mapping
from typing import Any

from emr_ml.lake.job_code import LEAST_SPARK, code_to_ship, needing_newer
from emr_ml.launchers.remote.configuration import is_secret
from emr_ml.launchers.remote.shipping import planned_code
from emr_ml.launchers.remote.target import VERSION, TargetConfigError, planned_attempt
from emr_ml.launchers.spark_submit.command import command, properties
from emr_ml.launchers.spark_submit.config import SparkSubmitConfig
from emr_ml.launchers.spark_submit.manifest import TEMPLATE, driver_pod, executor_template
from emr_ml.launchers.spark_submit.submission import Submission

# placeholders for what only a run knows, and for secrets
ID, SECRET = "<id>", "<secret>"


def make_plan(
    config: SparkSubmitConfig, lake: str, jobs: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return what is started for each asset: a command with its properties, or a pod.

    Args:
        config: the configuration.
        lake: root of the whole lake.
        jobs: the module of each job, by the path of its asset.

    Raises:
        TargetConfigError: the configuration can't be used, or its Spark can't run a job.
        LaunchError: S3A can't be added to the Spark that submits.
        JobCodeError: a job has no such module.
    """
    check_spark(config, jobs)
    plan = _pod if config.deploy_mode == "cluster" else _driver
    return {asset: plan(config, lake, asset, module) for asset, module in jobs.items()}


def check_spark(config: SparkSubmitConfig, jobs: Mapping[str, str]) -> None:
    """Raise TargetConfigError if the cluster's Spark is too old for some jobs."""
    if assets := needing_newer(config.spark, jobs):
        raise TargetConfigError(
            f"spark: the cluster has Spark {config.spark}, but {', '.join(assets)} need Spark "
            f"{LEAST_SPARK}: use a newer one, or declare only jobs of your own"
        )


def planned_pod(config: SparkSubmitConfig, submission: Submission, name: str) -> dict[str, Any]:
    """Return the manifest of a driver, with the address that the template would have.

    Raises:
        TargetConfigError: a template can't be used, or no region is set.
    """
    assert config.kubernetes
    template = executor_template(config.kubernetes)
    address = f"{submission.lake}/{template.key}/{TEMPLATE}" if template else ""
    return driver_pod(config, submission, name, address)


def planned_submission(
    lake: str, asset: str, module: str, *, code: str, version: str = VERSION
) -> Submission:
    """Return the submission of an attempt that nobody has begun.

    Args:
        lake: root of the whole lake.
        asset: path of the asset.
        module: of its job.
        code: the lake or folder to which the code would be uploaded.
        version: of the asset.
    """
    name, request_uri = planned_attempt(lake, asset, version)
    return Submission(
        asset=asset.rpartition("/")[2],
        version=version,
        attempt=1,
        name=name,
        module=module,
        request_uri=request_uri,
        lake=lake,
        code=planned_code(code, code_to_ship(module)),
    )


def _driver(config: SparkSubmitConfig, lake: str, asset: str, module: str) -> dict[str, Any]:
    submission = planned_submission(lake, asset, module, code=config.folder)
    conf = properties(config, submission, ID)
    shown = {key: SECRET if is_secret(key, value) else value for key, value in conf.items()}
    return {"command": command(config, submission), "properties": shown}


def _pod(config: SparkSubmitConfig, lake: str, asset: str, module: str) -> dict[str, Any]:
    submission = planned_submission(lake, asset, module, code=lake)
    pod = planned_pod(config, submission, f"emr-ml-{ID}")
    spec = pod["spec"]
    for container in (*spec.get("initContainers", ()), *spec["containers"]):
        for variable in container["env"]:
            if "value" in variable and is_secret(variable["name"], str(variable["value"])):
                variable["value"] = SECRET
    return pod
