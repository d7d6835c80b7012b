"""List prices in USD per hour: never invented, and never a reason to fail."""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from emr_ml.aws.client import Api

PATIENCE_SECONDS = 3.0
SILENCE_SECONDS = 300.0
SPOT_SECONDS = 900
ON_DEMAND, SPOT = "ON_DEMAND", "SPOT"
# the Price List has few endpoints, and this one knows all regions
PRICE_LIST_REGION = "us-east-1"
LINUX = "Linux/UNIX"
QUIET = logging.Logger("emr_ml.prices", logging.CRITICAL)

EMR_FEE = {"softwareType": "EMR"}
EMR_FAMILY = "Elastic Map Reduce Instance"
EC2_PRICE = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


class Prices:
    """What an hour of an instance costs in one region, as far as AWS says so.

    A price is None where AWS has none, has several that differ, has none in USD, or does not
    answer. No method raises. Each price is asked for once; a service that failed to answer is
    left alone for five minutes.
    """

    def __init__(self, region: str, patience: float = PATIENCE_SECONDS) -> None:
        self._region = region
        pace = {"first_pause": 0.5, "read_timeout": patience}
        self._price_list = Api("pricing", patience, QUIET, PRICE_LIST_REGION, **pace)
        self._ec2 = Api("ec2", patience, QUIET, region, **pace)
        self._known: dict[tuple[str, ...], float | None] = {}
        self._silent_until: dict[str, float] = {}

    def hourly(
        self, instance_type: str, market: str, at: datetime | None = None, zone: str | None = None
    ) -> float | None:
        """EMR's fee, which is the same in both markets, and the price of the EC2 instance."""
        match market:
            case "ON_DEMAND":
                price = self.on_demand(instance_type)
            case "SPOT":
                price = self.spot(instance_type, at, zone)
            case _:
                return None
        # each failed look-up may take seconds
        fee = self.emr_fee(instance_type) if price is not None else None
        return None if price is None or fee is None else price + fee

    def emr_fee(self, instance_type: str) -> float | None:
        wanted = EMR_FEE | {"instanceType": instance_type, "regionCode": self._region}

        def ask() -> float | None:
            return self._listed("ElasticMapReduce", wanted, EMR_FAMILY)

        return self._once(("pricing", "emr", instance_type), ask)

    def on_demand(self, instance_type: str) -> float | None:
        wanted = EC2_PRICE | {"instanceType": instance_type, "regionCode": self._region}

        def ask() -> float | None:
            return self._listed("AmazonEC2", wanted)

        return self._once(("pricing", "ec2", instance_type), ask)

    def spot(
        self, instance_type: str, at: datetime | None = None, zone: str | None = None
    ) -> float | None:
        """The price at the beginning of that quarter of an hour, of now by default.

        Without a zone it is the dearest zone's, so that an estimate errs upwards.
        """
        second = (at or datetime.now(UTC)).timestamp() // SPOT_SECONDS * SPOT_SECONDS
        moment = datetime.fromtimestamp(second, UTC)

        def ask() -> float | None:
            return self._spot_at(moment, instance_type, zone)

        return self._once(("ec2", instance_type, zone or "", moment.isoformat()), ask)

    def _once(self, key: tuple[str, ...], ask: Callable[[], float | None]) -> float | None:
        service = key[0]
        if key not in self._known and time.monotonic() >= self._silent_until.get(service, 0.0):
            try:
                self._known[key] = ask()
            except Exception:
                # whatever keeps AWS from telling a price, the work goes on
                self._silent_until[service] = time.monotonic() + SILENCE_SECONDS
        return self._known.get(key)

    def _listed(
        self, service: str, wanted: Mapping[str, str], family: str | None = None
    ) -> float | None:
        asked = dict(wanted) | ({"productFamily": family} if family else {})
        pages = self._price_list.pages(
            "get_products",
            "PriceList",
            ServiceCode=service,
            Filters=[
                {"Type": "TERM_MATCH", "Field": name, "Value": value}
                for name, value in asked.items()
            ],
        )
        found = {price for page in pages for text in page for price in _prices(str(text), wanted)}
        return found.pop() if len(found) == 1 else None

    def _spot_at(self, moment: datetime, instance_type: str, zone: str | None) -> float | None:
        # with both times alike, the answer is what was in force at that time
        asked: dict[str, Any] = {"StartTime": moment, "EndTime": moment}
        if zone:
            asked["AvailabilityZone"] = zone
        pages = self._ec2.pages(
            "describe_spot_price_history",
            "SpotPriceHistory",
            InstanceTypes=[instance_type],
            ProductDescriptions=[LINUX],
            **asked,
        )
        latest: dict[str, tuple[datetime, float]] = {}
        for change in (change for page in pages for change in page):
            where, since = change["AvailabilityZone"], change["Timestamp"]
            fits = change["ProductDescription"] == LINUX and zone in (None, where)
            if fits and since <= moment and (where not in latest or since > latest[where][0]):
                latest[where] = since, float(change["SpotPrice"])
        return max((price for _, price in latest.values()), default=None)


@cache
def _prices_of(region: str) -> Prices:
    return Prices(region)


def hourly_price(
    region: str,
    instance_type: str,
    market: str,
    at: datetime | None = None,
    zone: str | None = None,
) -> float | None:
    """List price in USD of an hour of an EMR instance, EMR's fee included; None if not known.

    Args:
        market: `ON_DEMAND` or `SPOT`, as EMR calls them.
        at: the moment whose spot price counts, with its time zone; now by default.
        zone: the availability zone, by which spot prices differ; else the dearest one's.
    """
    return _prices_of(region).hourly(instance_type, market, at, zone)


def _prices(text: str, wanted: Mapping[str, str]) -> Iterator[float]:
    """The prices of a product in the Price List, unless it is another one than was wanted."""
    try:
        product = json.loads(text)
        attributes = {"locationType": "AWS Region"} | product["product"]["attributes"]
        # outposts and local zones have prices of their own under the region's name
        mine = dict(wanted) | {"locationType": "AWS Region"}
        if any(attributes.get(name, value) != value for name, value in mine.items()):
            return
        for term in product["terms"]["OnDemand"].values():
            for dimension in term["priceDimensions"].values():
                price = float(dimension["pricePerUnit"]["USD"])
                if price > 0 and dimension["unit"] in ("Hrs", "Hours", "Hour"):
                    yield price
    except (ValueError, KeyError, TypeError, AttributeError):
        return
