"""List prices in USD per hour. A price that AWS does not give is None, and nothing raises."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from emr_ml.aws import SILENT_LOG, time_limits
from emr_ml.aws.client import Api
from emr_ml.aws.problems import Problem, diagnose

RETRY_AFTER_SECONDS = 300.0
SPOT_PRICE_SECONDS = 900
ON_DEMAND, SPOT = "ON_DEMAND", "SPOT"
# one of the few regions with an endpoint of the Price List, which has the prices of all regions
PRICE_LIST_REGION = "us-east-1"
LINUX = "Linux/UNIX"

EMR_FEE = {"softwareType": "EMR"}
EMR_FAMILY = "Elastic Map Reduce Instance"
EC2_PRICE = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


class Prices:
    """Prices of instances in one region, from AWS.

    A price is None if AWS has none, has several that differ, has none in USD, or does not answer.
    No method raises. Each price is requested once. After a failure, a service is not called again
    for five minutes; `problem` is then the reason.
    """

    def __init__(self, region: str, patience: float = time_limits.COST) -> None:
        self._region = region
        timing = {"first_pause": 0.5, "read_timeout": patience}
        self._price_list = Api("pricing", patience, SILENT_LOG, PRICE_LIST_REGION, **timing)
        self._ec2 = Api("ec2", patience, SILENT_LOG, region, **timing)
        self._prices: dict[tuple[str, ...], float | None] = {}
        self._retry_at: dict[str, float] = {}
        #: the last failure to get a price
        self.problem: Problem | None = None

    def hourly(
        self, instance_type: str, market: str, at: datetime | None = None, zone: str | None = None
    ) -> float | None:
        """Return EMR's fee, which is the same in both markets, plus the price of the instance."""
        match market:
            case "ON_DEMAND":
                price = self.on_demand(instance_type)
            case "SPOT":
                price = self.spot(instance_type, at, zone)
            case _:
                return None
        # a request that fails may take seconds, so the fee is not requested in vain
        fee = self.emr_fee(instance_type) if price is not None else None
        return None if price is None or fee is None else price + fee

    def emr_fee(self, instance_type: str) -> float | None:
        attributes = EMR_FEE | {"instanceType": instance_type, "regionCode": self._region}

        def request() -> float | None:
            return self._list_price("ElasticMapReduce", attributes, EMR_FAMILY)

        return self._once(("pricing", "emr", instance_type), request)

    def on_demand(self, instance_type: str) -> float | None:
        attributes = EC2_PRICE | {"instanceType": instance_type, "regionCode": self._region}

        def request() -> float | None:
            return self._list_price("AmazonEC2", attributes)

        return self._once(("pricing", "ec2", instance_type), request)

    def spot(
        self, instance_type: str, at: datetime | None = None, zone: str | None = None
    ) -> float | None:
        """Return the price at the start of a quarter of an hour.

        Args:
            at: a time in that quarter; now by default.
            zone: by default the most expensive zone, so that an estimate is not too low.
        """
        second = (at or datetime.now(UTC)).timestamp() // SPOT_PRICE_SECONDS * SPOT_PRICE_SECONDS
        moment = datetime.fromtimestamp(second, UTC)

        def request() -> float | None:
            return self._spot_price(moment, instance_type, zone)

        return self._once(("ec2", instance_type, zone or "", moment.isoformat()), request)

    def _once(self, key: tuple[str, ...], request: Callable[[], float | None]) -> float | None:
        """Return the price under the key, which starts with the service; request it if needed."""
        service = key[0]
        if key not in self._prices and time.monotonic() >= self._retry_at.get(service, 0.0):
            try:
                self._prices[key] = request()
            except Exception as error:
                # no failure to get a price may stop the work
                self.problem = diagnose(error)
                self._retry_at[service] = time.monotonic() + RETRY_AFTER_SECONDS
        return self._prices.get(key)

    def _list_price(
        self, service: str, attributes: Mapping[str, str], family: str | None = None
    ) -> float | None:
        fields = dict(attributes) | ({"productFamily": family} if family else {})
        pages = self._price_list.pages(
            "get_products",
            "PriceList",
            ServiceCode=service,
            Filters=[
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in fields.items()
            ],
        )
        prices = {
            price
            for page in pages
            for product in page
            for price in _product_prices(str(product), attributes)
        }
        return prices.pop() if len(prices) == 1 else None

    def _spot_price(self, moment: datetime, instance_type: str, zone: str | None) -> float | None:
        # with equal times, the answer is the price in effect at that time
        selection: dict[str, Any] = {"StartTime": moment, "EndTime": moment}
        if zone:
            selection["AvailabilityZone"] = zone
        pages = self._ec2.pages(
            "describe_spot_price_history",
            "SpotPriceHistory",
            InstanceTypes=[instance_type],
            ProductDescriptions=[LINUX],
            **selection,
        )
        latest: dict[str, tuple[datetime, float]] = {}
        for change in (change for page in pages for change in page):
            change_zone, since = change["AvailabilityZone"], change["Timestamp"]
            matches = change["ProductDescription"] == LINUX and zone in (None, change_zone)
            if not matches or since > moment:
                continue
            if change_zone not in latest or since > latest[change_zone][0]:
                latest[change_zone] = since, float(change["SpotPrice"])
        return max((price for _, price in latest.values()), default=None)


@cache
def prices_of(region: str) -> Prices:
    """Return the prices of a region that this process has asked for, to ask once for each."""
    return Prices(region)


def hourly_price(
    region: str,
    instance_type: str,
    market: str,
    at: datetime | None = None,
    zone: str | None = None,
) -> float | None:
    """Return the list price in USD per hour of an EMR instance, including EMR's fee, or None.

    Args:
        market: `ON_DEMAND` or `SPOT`.
        at: the time of the spot price, with a time zone; now by default.
        zone: availability zone of the spot price; by default the most expensive one.
    """
    return prices_of(region).hourly(instance_type, market, at, zone)


def price_problem(region: str) -> Problem | None:
    """Return why AWS could last not be asked for a price of that region, or None if it could."""
    return prices_of(region).problem


def _product_prices(text: str, attributes: Mapping[str, str]) -> Iterator[float]:
    """Yield the prices of a product in the Price List, if it has these attributes."""
    try:
        product = json.loads(text)
        actual = {"locationType": "AWS Region"} | product["product"]["attributes"]
        # outposts and local zones have their own prices under the region's name
        expected = dict(attributes) | {"locationType": "AWS Region"}
        if any(actual.get(name, value) != value for name, value in expected.items()):
            return
        for term in product["terms"]["OnDemand"].values():
            for dimension in term["priceDimensions"].values():
                price = float(dimension["pricePerUnit"]["USD"])
                if price > 0 and dimension["unit"] in ("Hrs", "Hours", "Hour"):
                    yield price
    except (ValueError, KeyError, TypeError, AttributeError):
        return
