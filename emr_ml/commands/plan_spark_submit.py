"""What `emr-ml plan` prints for spark-submit."""

import json
import shlex

import click

from emr_ml.settings import Settings


def show_submissions(settings: Settings, *, as_json: bool) -> None:
    """Print the command of each job with its properties, or the pod of its driver; no secrets.

    Raises:
        TargetConfigError: the configuration can't be used.
        LaunchError: S3's connector can't be added to the Spark that submits.
    """
    from emr_ml.assets.declared import declared_jobs
    from emr_ml.launchers.spark_submit.config import load_spark_submit_config
    from emr_ml.launchers.spark_submit.plan import make_plan
    from emr_ml.project import load_project_definitions

    config = load_spark_submit_config(settings)
    jobs = declared_jobs(load_project_definitions(), settings)
    plan = make_plan(config, settings.lake.rstrip("/"), jobs)
    in_pods = config.deploy_mode == "cluster"
    if as_json:
        click.echo(json.dumps({"pods" if in_pods else "spark-submit": plan}, indent=2))
        return
    for asset, planned in plan.items():
        if in_pods:
            click.echo(f"pod for {asset}\n{json.dumps(planned, indent=2)}\n")
            continue
        click.echo(f"spark-submit for {asset}\n{shlex.join(planned['command'])}\nits properties:")
        for key, value in sorted(planned["properties"].items()):
            click.echo(f"  {key}={value}")
        click.echo()
    click.echo(
        f"versions are those of Spark {config.spark}; a driver ends after "
        f"{config.step_limit_seconds} seconds"
    )
