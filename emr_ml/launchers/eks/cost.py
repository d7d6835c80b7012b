"""Dagster metadata of a job run: the vCPUs and the memory that its pods asked for, and the fee."""

import re
from datetime import datetime
from typing import Any

from emr_ml.launchers.eks.config import EksConfig
from spark_jobs.runtime.report import Report

LEAST_SECONDS = 60  # that EMR bills of a pod
# properties with which a user sizes pods, so that the configured sizes are not theirs
SIZES = re.compile(
    r"spark\.("
    r"(driver|executor)\.(cores|instances|memory\w*|minMemoryOverhead|pyspark\.memory)"
    r"|kubernetes\.(memoryOverheadFactor|(driver|executor)\.((request|limit)\.cores|podTemplate\w+))"
    r"|dynamicAllocation\.\w+|memory\.offHeap\.\w+)"
)
OWN_SIZES = "spark_conf sizes the pods, so what they asked for is not known here"
NO_PRICE = (
    "EMR on EKS bills these hours besides the nodes; its list prices are not known here: set "
    "`prices` to have its fee in USD"
)


def usage_metadata(config: EksConfig, report: Report) -> dict[str, Any]:
    """Return hours of vCPUs and memory, and EMR's fee in USD if its prices are configured.

    EMR bills what pods ask for, from the download of the image to the end of the pod. The service
    tells neither, so this is the time of the job itself: the bill has some more seconds.
    """
    if any(map(SIZES.fullmatch, config.spark_conf)):
        return {"cost_note": OWN_SIZES}
    started, finished = map(datetime.fromisoformat, (report.started, report.finished))
    hours = max((finished - started).total_seconds(), LEAST_SECONDS) / 3600
    driver, executors = config.driver, config.executors
    vcpu_hours = hours * (driver.cores + executors.count * executors.cores)
    gb_hours = hours * (driver.memory_gb + executors.count * executors.memory_gb)
    metadata: dict[str, Any] = {
        "vcpu_hours": round(vcpu_hours, 6),
        "memory_gb_hours": round(gb_hours, 6),
    }
    if prices := config.prices:
        usd = vcpu_hours * prices.vcpu_hour + gb_hours * prices.memory_gb_hour
        return metadata | {"emr_fee_usd": round(usd, 6)}
    return metadata | {"cost_note": NO_PRICE}
