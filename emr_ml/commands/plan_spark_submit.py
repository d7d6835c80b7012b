"""What `emr-ml plan` prints for spark-submit."""

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from emr_ml.commands.planned import Planned
from emr_ml.settings import Settings


def plan_submissions(settings: Settings, jobs: Mapping[str, str]) -> Planned:
    """Return the command of each job with its properties, or the pod of its driver; no secrets.

    Args:
        jobs: the module of each, by the path of its asset.

    Raises:
        TargetConfigError: the configuration can't be used.
        LaunchError: S3's connector can't be added to the Spark that submits.
    """
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.plan import make_plan

    config = load_spark_submit_config(settings)
    plan = make_plan(config, settings.lake.rstrip("/"), jobs)
    ending = (
        f"versions are those of Spark {config.spark}; a driver ends after "
        f"{config.step_limit_seconds} seconds"
    )
    if config.deploy_mode == "cluster":
        pods = (f"pod for {asset}\n{json.dumps(pod, indent=2)}\n" for asset, pod in plan.items())
        return Planned({"pods": plan}, (*pods, ending))
    return Planned({"spark-submit": plan}, (*_command_lines(plan), ending))


def _command_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    for asset, planned in plan.items():
        yield f"spark-submit for {asset}\n{shlex.join(planned['command'])}\nits properties:"
        for key, value in sorted(planned["properties"].items()):
            yield f"  {key}={value}"
        yield ""
