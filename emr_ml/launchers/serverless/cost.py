"""Dagster metadata of a job run: what it used, and what that costs at list prices."""

import time
from collections.abc import Mapping
from logging import Logger
from typing import Any

from emr_ml.aws import SILENT_LOG, time_limits
from emr_ml.aws.client import AWS_ERRORS, Api
from emr_ml.aws.region import region_name
from emr_ml.launchers.serverless.config import ListPrices, ServerlessConfig
from emr_ml.launchers.serverless.requests import SERVICE

# by region and architecture, from a table of PerfKitBenchmarker, not checked with AWS;
# others are set under `prices`
LIST_PRICES = {
    ("us-east-1", "X86_64"): ListPrices(
        vcpu_hour=0.052624, memory_gb_hour=0.0057785, storage_gb_hour=0.000111
    ),
}
POLL_SECONDS = 0.5
NO_PRICE = (
    "the list prices of EMR Serverless for {architecture} in {region} are not known here: set "
    "`prices` to have costs in USD"
)


def cost_metadata(
    config: ServerlessConfig, application: str, job: str, log: Logger
) -> dict[str, Any]:
    """Return hours of vCPUs, memory and storage, and USD if the list prices are known.

    The service tells them some seconds after the end of the job, for which this waits a little.
    """
    api = Api(SERVICE, time_limits.COST, SILENT_LOG, read_timeout=time_limits.COST)
    deadline = time.monotonic() + time_limits.USE
    try:
        while not (used := _used(api, application, job)):
            if time.monotonic() > deadline:
                note = "EMR Serverless had not yet reported the job's usage"
                log.info("%s: see GetJobRun of job run %s", note, job)
                return {"cost_note": note}
            time.sleep(POLL_SECONDS)
    except AWS_ERRORS as error:
        log.info("the cost of the job run is not known: %s", error)
        return {}
    metadata: dict[str, Any] = {
        "vcpu_hours": used["vCPUHour"],
        "memory_gb_hours": used["memoryGBHour"],
        "storage_gb_hours": used["storageGBHour"],
    }
    region = region_name() or ""
    if prices := list_prices(config, region):
        metadata["cost_usd"] = round(usd(used, prices), 6)
    else:
        metadata["cost_note"] = NO_PRICE.format(architecture=config.architecture, region=region)
    return metadata


def list_prices(config: ServerlessConfig, region: str) -> ListPrices | None:
    """Return the configured prices, or AWS's list prices as far as they are known here."""
    return config.prices or LIST_PRICES.get((region, config.architecture))


def usd(hours: Mapping[str, float], prices: ListPrices) -> float:
    """Return the price of billed hours, such as `{"vCPUHour": 1.5, …}`."""
    return (
        hours.get("vCPUHour", 0.0) * prices.vcpu_hour
        + hours.get("memoryGBHour", 0.0) * prices.memory_gb_hour
        + hours.get("storageGBHour", 0.0) * prices.storage_gb_hour
    )


def _used(api: Api, application: str, job: str) -> dict[str, float]:
    """Return the billed hours, empty as long as they are not told."""
    run = api.ask("get_job_run", applicationId=application, jobRunId=job)["jobRun"]
    billed = run.get("billedResourceUtilization") or {}
    return (
        {name: billed.get(name, 0.0) for name in ("vCPUHour", "memoryGBHour", "storageGBHour")}
        if billed
        else {}
    )
