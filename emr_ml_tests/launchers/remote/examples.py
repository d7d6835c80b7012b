"""What tests of several targets ask for."""

from emr_ml.launchers.remote.job_run_request import JobRunSpec
from emr_ml.launchers.remote.shipping import ShippedCode


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
