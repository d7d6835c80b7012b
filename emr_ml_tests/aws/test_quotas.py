"""Which of EC2's quotas a message is about."""

import pytest

from emr_ml.aws.quotas import ON_DEMAND, SPOT, Quota, exceeded_quota


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VcpuLimitExceeded", ON_DEMAND),
        ("You have requested more vCPU capacity than your current vCPU limit of 8", ON_DEMAND),
        ("InstanceLimitExceeded: You have requested more instances (3)", ON_DEMAND),
        ("more instances (3) than your current instance limit of 2 allows", ON_DEMAND),
        ("Your quota allows for 0 more running instance(s). You requested at least 1", ON_DEMAND),
        ("Terminated with errors: EC2 QUOTA EXCEEDED", ON_DEMAND),
        ("Max spot instance count exceeded", SPOT),
        ("Terminated with errors: EC2 QUOTA EXCEEDED: Max spot instance count exceeded", SPOT),
        ("MaxSpotInstanceCountExceeded", SPOT),
        ("InsufficientInstanceCapacity: we have no m5.xlarge now", None),
        ("RequestLimitExceeded", None),
        ("The spot instances were reclaimed", None),
    ],
)
def test_a_message_about_a_quota_is_recognized(text: str, expected: Quota | None) -> None:
    assert exceeded_quota(text) == expected


def test_the_advice_names_the_quota_and_how_to_raise_it() -> None:
    assert "'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances'" in ON_DEMAND.advice
    assert "request-service-quota-increase --service-code ec2 --quota-code L-1216C47A" in (
        ON_DEMAND.advice
    )
