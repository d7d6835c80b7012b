"""An attempt as a step: the exact command that the primary node runs."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from emr_ml.launchers.emr.config.cluster_checks import smallest_primary
from emr_ml.launchers.emr.config.cluster_config import ClusterConfig, ClusterConfigError
from emr_ml.launchers.emr.config.service_model import in_words, mistakes
from emr_ml.launchers.emr.config.target import Target
from emr_ml.launchers.emr.pace import KILL_AFTER_SECONDS
from emr_ml.launchers.emr.requests.executors import executor_conf

MOST_CHARACTERS = 10_240  # of all arguments together
VERSION_DIGITS = 16


class Packages(Protocol):
    """The uploaded code: the archive of all modules, and the folder of the jobs' scripts."""

    @property
    def archive(self) -> str: ...
    @property
    def scripts(self) -> str: ...


def step_name(asset: str, version: str, attempt: int) -> str:
    """The name by which the step of an attempt is found again."""
    return f"{asset} {version[:VERSION_DIGITS]} #{attempt}"


def step_config(
    config: ClusterConfig,
    target: Target,
    packages: Packages,
    *,
    asset: str,
    name: str,
    request_uri: str,
) -> dict[str, Any]:
    """One entry of AddJobFlowSteps' `Steps`: no shell, no secret, and an end to it.

    Raises:
        ClusterConfigError: it is beyond what EMR takes.
    """
    where = {"AWS_REGION": target.region, "AWS_DEFAULT_REGION": target.region}
    if target.endpoint:
        where["AWS_ENDPOINT_URL"] = target.endpoint
    arguments = [
        *("env", *(f"{key}={value}" for key, value in where.items())),
        *("timeout", f"--kill-after={KILL_AFTER_SECONDS}", str(config.step_limit_seconds)),
        *("spark-submit", "--deploy-mode", "client", "--name", name),
        *_options(_spark_conf(config, target, request_uri)),
        *("--py-files", packages.archive),
        *(f"{packages.scripts.rstrip('/')}/{asset}.py", request_uri),
    ]
    step = {
        "Name": name,
        # whether an attempt succeeded is for its report to say, and the cluster is not its own
        "ActionOnFailure": "CONTINUE",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": arguments},
    }
    found = [*in_words(mistakes("AddJobFlowSteps", {"JobFlowId": "", "Steps": [step]}))]
    if (characters := sum(map(len, arguments))) > MOST_CHARACTERS:
        found.append(
            f"the arguments have {characters} characters, and EMR takes {MOST_CHARACTERS}: move "
            "what is in spark_conf to configurations (spark-defaults)"
        )
    if found:
        raise ClusterConfigError("\n".join(f"step {name}: {line}" for line in found))
    return step


def add_steps_request(
    runtime_role: str | None, cluster: str, *steps: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of AddJobFlowSteps; `cluster` is its id."""
    role = {"ExecutionRoleArn": runtime_role} if runtime_role else {}
    return {"JobFlowId": cluster, "Steps": list(steps), **role}


def driver_memory(config: ClusterConfig) -> str | None:
    """What `driver_memory_gb` says, or else half of the smallest primary, shared by all steps.

    The other half is for Python and for what EMR itself runs there. None where the type's memory
    isn't known: then Spark's default holds.
    """
    if config.driver_memory_gb:
        return f"{config.driver_memory_gb}g"
    smallest = smallest_primary(config)
    if smallest is None:
        return None
    megabytes = smallest * 1024 // 2 // config.step_concurrency
    return f"{megabytes // 1024}g" if megabytes % 1024 == 0 else f"{megabytes}m"


def _spark_conf(config: ClusterConfig, target: Target, request_uri: str) -> dict[str, str]:
    # beside the request, where the launcher clears up: what is left in HDFS would keep EMR from
    # seeing that the cluster is idle
    conf = {"spark.checkpoint.dir": f"{request_uri.rpartition('/')[0]}/checkpoints"}
    conf |= executor_conf(config)
    if memory := driver_memory(config):
        conf["spark.driver.memory"] = memory
    if config.python:
        conf["spark.pyspark.python"] = config.python
    if target.endpoint:
        conf |= {
            "spark.hadoop.fs.s3a.endpoint": target.endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": target.region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
        }
    return conf | config.spark_conf


def _options(conf: Mapping[str, str]) -> Iterator[str]:
    for key, value in sorted(conf.items()):
        yield from ("--conf", f"{key}={value}")
