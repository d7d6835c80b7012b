"""The cost of steps and clusters, and the reason where it is unknown."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emr_ml.launchers.emr.cost import prices
from emr_ml.launchers.emr.cost.estimate import Cost, cluster_cost, step_cost
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws
from emr_ml_tests.emulator.world import REGION

pytestmark = pytest.mark.usefixtures("emulation")

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CLUSTER = "j-COST"


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    prices.prices_of.cache_clear()
    monkeypatch.setattr("emr_ml.aws.time_limits.COST", 0.2)
    with arranged_aws(tmp_path, monkeypatch) as aws:
        aws.add_cluster(CLUSTER, "emr-ml emr 0123456789abcdef", "RUNNING", since=NOON)
        aws.add_type("m5.xlarge", "0.048", "0.192")
        aws.add_spot("m5.xlarge", "eu-west-1a", "0.052", NOON - HOUR)
        yield aws


def of_step(start: datetime = NOON, end: datetime = NOON + HOUR, **more: object) -> Cost:
    return step_cost(CLUSTER, start, end, region=REGION, **more)  # pyright: ignore[reportArgumentType] - its arguments


def test_a_step_is_charged_with_the_cluster_while_it_ran(aws: ArrangedAws) -> None:
    for _ in range(3):
        aws.add_instance(CLUSTER, NOON - HOUR)
    for _ in range(2):
        aws.add_instance(CLUSTER, NOON - HOUR, market="SPOT")

    cost = of_step()

    assert cost.hours == {"ON_DEMAND": pytest.approx(3.0), "SPOT": pytest.approx(2.0)}
    assert cost.usd == pytest.approx(3 * 0.240 + 2 * 0.100)
    assert (cost.reason, cost.note) == (None, None)
    assert cost.text() == "3.00 on demand, 2.00 spot instance-hours; 0.92 USD"


def test_instances_count_only_for_the_time_they_share_with_the_step(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON + 30 * MINUTE)
    aws.add_instance(CLUSTER, NOON - HOUR, NOON + 6 * MINUTE)
    aws.add_instance(CLUSTER, NOON - HOUR, NOON - MINUTE)
    aws.add_instance(CLUSTER, NOON + 2 * HOUR)
    aws.add_instance(CLUSTER, None)

    cost = of_step()

    assert cost.hours == {"ON_DEMAND": pytest.approx(0.6)}
    assert cost.usd == pytest.approx(0.6 * 0.240)


def test_steps_side_by_side_share_the_time_that_they_share(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON - HOUR)
    second = (NOON + 30 * MINUTE, NOON + 2 * HOUR)
    third = (NOON + 45 * MINUTE, None)
    long_gone = (NOON - HOUR, NOON)

    cost = of_step(others=[second, third, long_gone])

    # half an hour alone, a quarter of an hour as one of two, the last as one of three
    assert cost.hours["ON_DEMAND"] == pytest.approx(0.5 + 0.25 / 2 + 0.25 / 3)


def test_the_shares_of_all_steps_add_up_to_the_cluster(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON)
    aws.add_instance(CLUSTER, NOON + 20 * MINUTE, NOON + 50 * MINUTE)
    spans = [
        (NOON + first * MINUTE, NOON + last * MINUTE)
        for first, last in ((0, 40), (10, 60), (10, 25))
    ]

    shares = [
        of_step(*span, others=[other for other in spans if other is not span]) for span in spans
    ]

    assert sum(share.hours["ON_DEMAND"] for share in shares) == pytest.approx(1.5)


def test_each_instance_of_a_cluster_is_billed_for_a_minute_at_least(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON, NOON + timedelta(seconds=10))
    aws.add_instance(CLUSTER, NOON, NOON + timedelta(seconds=90))
    aws.add_instance(CLUSTER, NOON + HOUR)

    cost = cluster_cost(CLUSTER, region=REGION, until=NOON + 2 * HOUR)

    assert cost.hours["ON_DEMAND"] == pytest.approx((60 + 90 + 3600) / 3600)


def test_a_living_cluster_costs_until_now(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, datetime.now(UTC) - HOUR)

    assert cluster_cost(CLUSTER, region=REGION).hours["ON_DEMAND"] == pytest.approx(1.0, abs=0.01)


def test_spot_counts_at_the_price_of_the_moment_it_began(aws: ArrangedAws) -> None:
    aws.add_spot("m5.xlarge", "eu-west-1a", "0.152", NOON + 30 * MINUTE)
    aws.add_instance(CLUSTER, NOON, market="SPOT")
    aws.add_instance(CLUSTER, NOON + HOUR, market="SPOT")

    cost = of_step(NOON, NOON + 2 * HOUR, zone="eu-west-1a")

    assert cost.usd == pytest.approx(2 * 0.100 + 1 * 0.200)


def test_a_price_that_is_missing_leaves_out_usd_and_is_named(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON)
    aws.add_instance(CLUSTER, NOON, instance_type="x9.large")

    cost = of_step()

    assert cost.hours == {"ON_DEMAND": pytest.approx(2.0)}
    assert cost.usd is None
    assert cost.reason == "AWS returned no price for x9.large on demand"


def test_a_price_list_that_does_not_answer_leaves_the_hours(aws: ArrangedAws) -> None:
    aws.refuse("GetProducts", "AccessDeniedException")
    aws.add_instance(CLUSTER, NOON)

    assert of_step().hours == {"ON_DEMAND": pytest.approx(1.0)}
    assert of_step().usd is None


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_a_call_that_is_refused_gives_an_empty_answer_with_the_reason(
    aws: ArrangedAws, code: str
) -> None:
    aws.refuse("ListInstances", code)

    cost = of_step()

    assert (cost.hours, cost.usd) == ({}, None)
    assert code in str(cost.reason)
    assert cost.text().startswith("the instances could not be listed: ")


def test_an_unreachable_service_gives_an_empty_answer(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.calls == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    assert cluster_cost(CLUSTER, region=REGION).hours == {}


def test_no_instance_yet_is_no_cost(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, None)

    assert of_step() == Cost(reason="no instance has run")


def test_a_step_that_ended_before_it_began_costs_nothing(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON - HOUR)

    assert of_step(NOON, NOON - MINUTE).hours == {}


def test_task_instances_that_came_on_demand_are_noted(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON, fleet="MASTER")
    aws.add_instance(CLUSTER, NOON, fleet="CORE")
    for market in ("SPOT", "ON_DEMAND", "ON_DEMAND"):
        aws.add_instance(CLUSTER, NOON, fleet="TASK", market=market)

    assert str(of_step(spot_tasks=True).note).startswith("2 of 3 task instances are on demand")
    assert of_step().note is None


def test_task_instances_that_are_all_spot_need_no_note(aws: ArrangedAws) -> None:
    aws.add_instance(CLUSTER, NOON, fleet="MASTER")
    aws.add_instance(CLUSTER, NOON, fleet="TASK", market="SPOT")

    assert of_step(spot_tasks=True).note is None
