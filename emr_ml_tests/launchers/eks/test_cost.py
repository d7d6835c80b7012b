"""What a job run on EKS used, and EMR's fee for it."""

from typing import Any

import pytest

from emr_ml.launchers.eks.config import EksConfig
from emr_ml.launchers.eks.cost import usage_metadata
from emr_ml_tests.checks.reports import a_report
from emr_ml_tests.launchers.remote.examples import JOB_ROLE

CONFIG = {
    "execution_role": JOB_ROLE,
    "virtual_cluster_id": "0abc",
    "driver": {"cores": 1, "memory_gb": 4},
    "executors": {"cores": 2, "memory_gb": 8, "count": 3},
}


def used(finished: str, **fields: Any) -> dict[str, Any]:
    """Return the metadata of a job that started at noon."""
    report = a_report(started="2026-11-02T12:00:00+00:00", finished=finished)
    return usage_metadata(EksConfig.model_validate({**CONFIG, **fields}), report)


def test_the_sizes_of_pods_times_the_hours_of_the_job_are_told_and_why_there_is_no_price() -> None:
    found = used("2026-11-02T12:30:00+00:00")

    assert (found["vcpu_hours"], found["memory_gb_hours"]) == (3.5, 14.0)
    assert "set `prices`" in found["cost_note"]


def test_with_prices_there_is_the_fee() -> None:
    prices = {"vcpu_hour": 0.01, "memory_gb_hour": 0.001}

    found = used("2026-11-02T12:30:00+00:00", prices=prices)

    assert found["emr_fee_usd"] == pytest.approx(3.5 * 0.01 + 14 * 0.001)
    assert "cost_note" not in found


def test_a_pod_is_billed_for_a_minute_at_least() -> None:
    assert used("2026-11-02T12:00:05+00:00")["vcpu_hours"] == pytest.approx(7 / 60, abs=1e-6)


@pytest.mark.parametrize(
    ("key", "is_size"),
    [
        ("spark.dynamicAllocation.enabled", True),
        ("spark.executor.memoryOverhead", True),
        ("spark.kubernetes.executor.request.cores", True),
        ("spark.executor.heartbeatInterval", False),
        ("spark.driver.maxResultSize", False),
    ],
)
def test_pods_that_spark_conf_sizes_are_not_guessed_at(key: str, *, is_size: bool) -> None:
    found = used("2026-11-02T12:30:00+00:00", spark_conf={key: "1"})

    note = "spark_conf sizes the pods, so what they asked for is not known here"
    assert (found == {"cost_note": note}) is is_size
