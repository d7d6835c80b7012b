"""What `emr-ml plan` prints for EMR on EKS."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from emr_ml.commands.planned import Planned
from emr_ml.settings import Settings

if TYPE_CHECKING:
    from emr_ml.launchers.remote.endpoint import Endpoint


def plan_eks(settings: Settings, endpoint: "Endpoint", jobs: Mapping[str, str]) -> Planned:
    """Return the exact requests to EMR on EKS; pods have no price of their own.

    Args:
        jobs: the module of each, by the path of its asset.

    Raises:
        TargetConfigError: the configuration can't be used.
    """
    from emr_ml.launchers.eks.config import load_eks_config
    from emr_ml.launchers.eks.requests import planned_requests

    config = load_eks_config(settings)
    requests = planned_requests(config, endpoint, jobs)
    lines = [
        f"StartJobRun for {asset}\n{json.dumps(request, indent=2)}\n"
        for asset, request in requests.items()
    ]
    lines.append(
        f"a job ends itself after {config.step_limit_seconds} seconds; pods are billed with their "
        "nodes, and EMR's fee for their vCPUs and memory besides"
    )
    return Planned({"StartJobRun": requests}, tuple(lines))
