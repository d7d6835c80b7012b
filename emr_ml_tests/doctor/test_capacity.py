"""`emr-ml doctor` names instance types and quotas with which no cluster starts."""

import pytest

from emr_ml_tests.doctor.account import STANDARD, give_quotas
from emr_ml_tests.doctor.diagnosis import all_well, diagnosis, the_bad_one
from emr_ml_tests.emulator.arranged import ArrangedAws

pytestmark = pytest.mark.usefixtures("emulation")


def test_instance_types_that_no_zone_offers(aws: ArrangedAws) -> None:
    aws.answer(
        "DescribeInstanceTypeOfferings",
        "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet/>"
        "</DescribeInstanceTypeOfferingsResponse>",
    )

    said = the_bad_one()

    assert said.startswith("instance types eu-west-1a has none for primary, core, task; ")
    assert "Fix: set other `instance_types`" in said


def test_a_quota_that_is_too_small_for_a_cluster(aws: ArrangedAws) -> None:
    give_quotas(aws, on_demand=5.0, spot=64.0)

    said = the_bad_one()

    assert said.startswith(
        "on-demand quota 5 vCPUs are allowed, but a cluster needs 8. Fix: request"
    )
    assert STANDARD in said


def test_a_quota_that_can_not_be_asked_for_is_not_good(aws: ArrangedAws) -> None:
    aws.refuse("GetServiceQuota", "AccessDeniedException")

    found = diagnosis()

    assert found.skipped == [
        f"{name} quota not checked: not allowed to call GetServiceQuota (AccessDeniedException)"
        for name in ("on-demand", "spot")
    ]
    assert (found.bad, found.exit_code) == ([], 0)


def test_quotas_count_the_instance_groups_of_an_override(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_quotas(aws, on_demand=20.0, spot=0.0)
    groups = "{InstanceFleets: null, MasterInstanceType: m5.xlarge, InstanceCount: 6}"
    monkeypatch.setenv("EMR_ML_CLUSTER__OVERRIDES", f"{{Instances: {groups}}}")

    said = the_bad_one()

    assert said.startswith("on-demand quota 20 vCPUs are allowed, but a cluster needs 24. Fix: ")


def test_an_account_without_spot(aws: ArrangedAws) -> None:
    give_quotas(aws, on_demand=64.0, spot=0.0)

    assert the_bad_one().startswith("spot quota 0 vCPUs are allowed, but a cluster needs 8. Fix: ")


def test_quotas_of_an_account_that_has_enough_are_told(aws: ArrangedAws) -> None:
    give_quotas(aws, on_demand=8.0, spot=8.0)

    all_well("on-demand quota", "spot quota")
