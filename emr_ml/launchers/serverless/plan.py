"""A plan: the requests that a run would send to EMR Serverless, and the price of an hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emr_ml.launchers.remote.endpoint import Endpoint
from emr_ml.launchers.remote.job_run_request import TOKEN, planned_specs
from emr_ml.launchers.serverless.config import FREE_DISK_GB, ListPrices, ServerlessConfig, Worker
from emr_ml.launchers.serverless.cost import usd
from emr_ml.launchers.serverless.requests import create_application_request, start_job_run_request

APPLICATION = "<application>"  # which is found or created by a run


@dataclass(frozen=True)
class Plan:
    """The parameters of CreateApplication, None if one is named, and of StartJobRun by asset."""

    create_application: Mapping[str, Any] | None
    start_job_run: Mapping[str, Mapping[str, Any]]


def make_plan(config: ServerlessConfig, endpoint: Endpoint, jobs: Mapping[str, str]) -> Plan:
    """Return the exact requests, with placeholders for tokens, versions and the application's id.

    Args:
        config: the configuration.
        endpoint: where workers reach the lake.
        jobs: the module of each job, by the path of its asset.

    Raises:
        TargetConfigError: the service would not accept them, or the release can't run a job.
        JobCodeError: a job has no such module.
    """
    specs = planned_specs(config, endpoint, jobs, config.application_id or APPLICATION)
    starts = {asset: start_job_run_request(config, endpoint, spec) for asset, spec in specs.items()}
    create = create_application_request(config, endpoint.lake, TOKEN)
    return Plan(None if config.application_id else create, starts)


def hourly_usd(config: ServerlessConfig, executors: int, prices: ListPrices) -> float:
    """Return the list price in USD of an hour of a driver and so many executors."""
    return sum(
        count * _worker_usd(worker, prices)
        for worker, count in ((config.driver, 1), (config.executors, executors))
    )


def _worker_usd(worker: Worker, prices: ListPrices) -> float:
    hours = {
        "vCPUHour": worker.cores,
        "memoryGBHour": worker.memory_gb,
        "storageGBHour": worker.disk_gb - FREE_DISK_GB,
    }
    return usd(hours, prices)
