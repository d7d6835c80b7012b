"""What `emr-ml plan` prints for EMR on EKS."""

import json
from typing import TYPE_CHECKING

import click

from emr_ml.settings import Settings

if TYPE_CHECKING:
    from emr_ml.launchers.remote.endpoint import Endpoint


def show_eks_plan(settings: Settings, endpoint: "Endpoint", *, as_json: bool) -> None:
    """Print the exact requests to EMR on EKS; pods have no price of their own.

    Raises:
        TargetConfigError: the configuration can't be used.
    """
    from emr_ml.assets.declared import declared_jobs
    from emr_ml.launchers.eks.config import load_eks_config
    from emr_ml.launchers.eks.requests import planned_requests
    from emr_ml.project import load_project_definitions

    config = load_eks_config(settings)
    requests = planned_requests(
        config, endpoint, declared_jobs(load_project_definitions(), settings)
    )
    if as_json:
        click.echo(json.dumps({"StartJobRun": requests}, indent=2))
        return
    for asset, request in requests.items():
        click.echo(f"StartJobRun for {asset}\n{json.dumps(request, indent=2)}\n")
    click.echo(
        f"a job ends itself after {config.step_limit_seconds} seconds; pods are billed with their "
        "nodes, and EMR's fee for their vCPUs and memory besides"
    )
