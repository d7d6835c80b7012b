"""What tests of several targets ask for."""

import logging
import uuid

from emr_ml.lake.leases import LeaseFile
from emr_ml.launchers.remote.job_run_request import JobRunSpec
from emr_ml.launchers.remote.shipping import ShippedCode
from emr_ml.launchers.remote.target import Attempt
from spark_jobs.runtime.job import Request
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import lease_key

JOB_ROLE = "arn:aws:iam::123456789012:role/Jobs"
LOG = logging.getLogger("attempt")


def an_attempt(lake: Lake, asset: str = "metrics", version: str = "", **location: str) -> Attempt:
    """A first attempt, whose lease records this location."""
    version = version or uuid.uuid4().hex
    request = Request(asset, version, 1, lake.root, lake.uri("out"), {}, {}, {}, "", "4.1.1")
    held = LeaseFile(lake, lease_key(asset, version)).acquire("a-run")
    assert held
    if location:
        held.record(**location)
    return Attempt(request, f"spark_jobs.{asset}", held, lake, lake, LOG)


def a_job_run_spec(lake: str, owner: str, packages: str = "") -> JobRunSpec:
    """A job run of `metrics` on an application or a virtual cluster."""
    return JobRunSpec(
        owner=owner,
        token="a-token",  # noqa: S106 - a client token is no secret
        module="spark_jobs.metrics",
        name="metrics 0123456789abcdef #1",
        request_uri=f"{lake}/metrics/v/attempts/1/_job/request.json",
        code=ShippedCode(f"{lake}/code/1/spark_jobs.zip", f"{lake}/code/1", "", ()),
        packages=packages,
    )
