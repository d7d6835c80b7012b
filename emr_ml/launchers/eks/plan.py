"""A plan: the requests that a run would send to EMR on EKS."""

from collections.abc import Mapping
from typing import Any

from emr_ml.lake.job_code import code_to_ship
from emr_ml.launchers.eks.config import EksConfig
from emr_ml.launchers.eks.requests import start_job_run_request
from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.packages import planned_archive
from emr_ml.launchers.remote.releases import check_jobs
from emr_ml.launchers.remote.shipping import planned_code
from emr_ml.launchers.remote.target import TargetConfigError, attempt_name
from spark_jobs.runtime.report import job_key

# placeholders for what only a run knows
VERSION, VIRTUAL_CLUSTER, TOKEN = "<version>", "<virtual cluster>", "<token>"


def make_plan(
    config: EksConfig, endpoint: Endpoint, jobs: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the exact StartJobRun of each asset, with placeholders for tokens and versions.

    Args:
        config: the configuration.
        endpoint: where pods reach the lake.
        jobs: the module of each job, by the path of its asset.

    Raises:
        TargetConfigError: the service would not accept them, or the release can't run a job.
        JobCodeError: a job has no such module.
    """
    if problems := list(check_jobs(config, jobs)):
        raise TargetConfigError("\n".join(problems))
    return {
        asset: start_job_run_request(
            config,
            endpoint,
            planned_code(endpoint.lake, code_to_ship(module)),
            planned_archive(endpoint.lake, config),
            virtual_cluster=config.virtual_cluster_id or VIRTUAL_CLUSTER,
            token=TOKEN,
            module=module,
            name=attempt_name(asset, VERSION, 1),
            request_uri=f"{endpoint.lake}/{job_key(asset, VERSION, 1, 'request.json')}",
        )
        for asset, module in jobs.items()
    }
