"""List prices: parsed as AWS nests them, asked for once, and never invented."""

import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emr_ml.launchers.emr.cost import prices
from emr_ml.launchers.emr.cost.prices import Prices, hourly_price
from emr_ml_tests.emulator.arranged import ArrangedAws, arranged_aws
from emr_ml_tests.emulator.world import REGION

pytestmark = pytest.mark.usefixtures("emulation")

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
FEE = {"productFamily": "Elastic Map Reduce Instance", "softwareType": "EMR"}


@pytest.fixture(name="aws")
def fixture_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ArrangedAws]:
    with arranged_aws(tmp_path, monkeypatch) as aws:
        aws.add_type("m5.xlarge", "0.0480000000", "0.1920000000")
        yield aws


def at_region(patience: float = 0.2) -> Prices:
    return Prices(REGION, patience)


def test_an_hour_on_demand_is_the_fee_and_the_instance(aws: ArrangedAws) -> None:
    aws.add_type("m5.xlarge", "0.06", "0.25", region="us-west-2")
    aws.add_type("r5.xlarge", "0.063", "0.252")

    assert at_region().hourly("m5.xlarge", "ON_DEMAND") == pytest.approx(0.240)


def test_an_hour_of_spot_has_the_same_fee(aws: ArrangedAws) -> None:
    aws.add_spot("m5.xlarge", "eu-west-1a", "0.071", NOON - timedelta(hours=5))

    assert at_region().hourly("m5.xlarge", "SPOT", NOON) == pytest.approx(0.048 + 0.071)


def test_other_software_on_emr_does_not_count(aws: ArrangedAws) -> None:
    both = {"instanceType": "m5.xlarge", "regionCode": REGION}
    aws.prices.add_product("ElasticMapReduce", "0.9", **both, **{**FEE, "softwareType": "Hunk"})

    assert at_region().emr_fee("m5.xlarge") == pytest.approx(0.048)


def test_an_outpost_and_a_local_zone_do_not_count(aws: ArrangedAws) -> None:
    both = {"instanceType": "m5.xlarge", "regionCode": REGION, **FEE}
    aws.prices.add_product("ElasticMapReduce", "0.9", **both, locationType="AWS Outposts")
    aws.prices.add_product("ElasticMapReduce", "0.8", **both, locationType="AWS Local Zone")

    assert at_region().emr_fee("m5.xlarge") == pytest.approx(0.048)


def test_the_wanted_product_may_be_on_a_later_page(aws: ArrangedAws) -> None:
    place = {"instanceType": "m5.xlarge", "regionCode": REGION, **FEE}
    listed, aws.prices.products = aws.prices.products, []
    for _ in range(5):
        aws.prices.add_product("ElasticMapReduce", "0.9", **place, locationType="AWS Outposts")
    aws.prices.products += listed

    assert at_region().emr_fee("m5.xlarge") == pytest.approx(0.048)
    assert len(aws.called("GetProducts")) == 3


def test_a_type_that_aws_does_not_list_has_no_price(aws: ArrangedAws) -> None:
    aws.prices.add_product("AmazonEC2", "0.1", instanceType="x9.large", regionCode=REGION)

    assert at_region().hourly("x9.large", "ON_DEMAND") is None


def test_prices_that_differ_are_no_price(aws: ArrangedAws) -> None:
    aws.add_type("m5.xlarge", "0.05", "0.192")

    assert at_region().emr_fee("m5.xlarge") is None


def test_a_price_in_another_currency_is_no_price(aws: ArrangedAws) -> None:
    for product in aws.prices.products:
        for term in product["terms"]["OnDemand"].values():
            for dimension in term["priceDimensions"].values():
                dimension["pricePerUnit"] = {"CNY": "1.2"}

    assert at_region().hourly("m5.xlarge", "ON_DEMAND") is None


def test_a_price_of_zero_is_no_price(aws: ArrangedAws) -> None:
    aws.add_type("m6.free", "0.048", "0.0000000000")

    assert at_region().hourly("m6.free", "ON_DEMAND") is None


@pytest.mark.parametrize("broken", ["{", "[]", "{}", '{"product": {"attributes": []}}'])
def test_a_product_that_can_not_be_read_is_no_price(aws: ArrangedAws, broken: str) -> None:
    aws.answer("GetProducts", {"PriceList": [broken]})

    assert at_region().hourly("m5.xlarge", "ON_DEMAND") is None
    assert len(aws.called("GetProducts")) == 1


def test_an_unknown_market_has_no_price(aws: ArrangedAws) -> None:
    assert at_region().hourly("m5.xlarge", "CAPACITY_BLOCK") is None
    assert aws.calls == []


def test_spot_is_what_was_in_force_at_that_time_in_that_zone(aws: ArrangedAws) -> None:
    for hours, usd in ((9, "0.05"), (2, "0.07"), (-1, "0.5")):
        aws.add_spot("m5.xlarge", "eu-west-1a", usd, NOON - timedelta(hours=hours))
    aws.add_spot("m5.xlarge", "eu-west-1b", "0.09", NOON - timedelta(hours=1))
    aws.add_spot("m5.large", "eu-west-1a", "0.03", NOON - timedelta(hours=1))

    prices = at_region()

    assert prices.spot("m5.xlarge", NOON, "eu-west-1a") == pytest.approx(0.07)
    assert prices.spot("m5.xlarge", NOON - timedelta(hours=3), "eu-west-1a") == pytest.approx(0.05)


def test_without_a_zone_the_dearest_spot_price_counts(aws: ArrangedAws) -> None:
    for zone, usd in (("a", "0.07"), ("b", "0.09"), ("c", "0.08")):
        aws.add_spot("m5.xlarge", f"eu-west-1{zone}", usd, NOON - timedelta(hours=1))

    assert at_region().spot("m5.xlarge", NOON) == pytest.approx(0.09)


def test_spot_of_another_system_is_no_price(aws: ArrangedAws) -> None:
    aws.add_spot("m5.xlarge", "eu-west-1a", "0.07", NOON - timedelta(hours=1))
    aws.prices.spot[0].system = "Windows"

    assert at_region().spot("m5.xlarge", NOON) is None


def test_spot_without_history_is_no_price_and_the_fee_is_not_asked_for(aws: ArrangedAws) -> None:
    assert at_region().hourly("m5.xlarge", "SPOT", NOON) is None
    assert [name for name, _ in aws.calls] == ["DescribeSpotPriceHistory"]


def test_each_price_is_asked_for_once(aws: ArrangedAws) -> None:
    aws.add_spot("m5.xlarge", "eu-west-1a", "0.07", NOON - timedelta(hours=1))
    prices = at_region()

    for _ in range(3):
        prices.hourly("m5.xlarge", "ON_DEMAND")
        prices.hourly("m5.xlarge", "SPOT", NOON + timedelta(minutes=1))
        prices.hourly("x9.large", "ON_DEMAND")

    assert len(aws.called("GetProducts")) == 3
    assert len(aws.called("DescribeSpotPriceHistory")) == 1


@pytest.mark.parametrize(
    ("code", "status"),
    [("AccessDeniedException", 400), ("ThrottlingException", 400), ("InternalErrorException", 500)],
)
def test_a_price_list_that_does_not_answer_is_left_alone_for_a_while(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    aws.refuse("GetProducts", code, status)
    prices = at_region()
    assert prices.hourly("m5.xlarge", "ON_DEMAND") is None
    asked = len(aws.calls)
    aws.refuse_nothing()

    assert prices.hourly("m5.xlarge", "ON_DEMAND") is None
    assert len(aws.calls) == asked

    later = time.monotonic() + 301
    monkeypatch.setattr("emr_ml.launchers.emr.cost.prices.time.monotonic", lambda: later)
    assert prices.hourly("m5.xlarge", "ON_DEMAND") == pytest.approx(0.240)


def test_a_price_list_that_fails_does_not_hide_spot_prices(aws: ArrangedAws) -> None:
    aws.refuse("GetProducts", "AccessDeniedException")
    aws.add_spot("m5.xlarge", "eu-west-1a", "0.07", NOON - timedelta(hours=1))
    prices = at_region()

    assert prices.hourly("m5.xlarge", "ON_DEMAND") is None
    assert prices.spot("m5.xlarge", NOON) == pytest.approx(0.07)


def test_an_unreachable_service_is_no_price(
    aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert aws.calls == []
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")

    assert at_region().hourly("m5.xlarge", "ON_DEMAND") is None
    assert at_region().spot("m5.xlarge") is None


def test_no_credentials_are_no_price(aws: ArrangedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")

    assert at_region().hourly("m5.xlarge", "ON_DEMAND") is None
    assert aws.calls == []


def test_a_process_remembers_prices(aws: ArrangedAws) -> None:
    prices.prices_of.cache_clear()

    assert hourly_price(REGION, "m5.xlarge", "ON_DEMAND") == pytest.approx(0.240)
    assert hourly_price(REGION, "m5.xlarge", "ON_DEMAND") == pytest.approx(0.240)
    assert len(aws.called("GetProducts")) == 2


def test_a_failure_of_the_price_service_is_not_logged(
    aws: ArrangedAws, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    aws.refuse("GetProducts", "ThrottlingException")
    at_region().hourly("m5.xlarge", "ON_DEMAND")

    assert [record for record in caplog.records if record.name != "werkzeug"] == []
    assert "ThrottlingException" not in capfd.readouterr().err
