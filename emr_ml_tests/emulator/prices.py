"""The Price List API and EC2's spot history, filled with a few types or with what a test adds."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emr_ml_tests.emulator.world import REGION

EC2 = {
    "m5.xlarge": 0.214,
    "m5.2xlarge": 0.428,
    "m5.4xlarge": 0.856,
    "m5a.xlarge": 0.192,
    "m5d.xlarge": 0.252,
    "m6i.xlarge": 0.214,
    "m6i.2xlarge": 0.428,
    "m6a.xlarge": 0.1926,
    "m6g.xlarge": 0.172,
    "m7i.xlarge": 0.2247,
    "m7g.xlarge": 0.1821,
    "r5.xlarge": 0.282,
    "r5.2xlarge": 0.564,
    "r6i.xlarge": 0.282,
    "c5.xlarge": 0.192,
    "c5.2xlarge": 0.384,
}
# EMR's fee is about a quarter of the price on demand, but it has a price of its own
FEE = 0.2243
# a part of the price on demand, by availability zone
SPOT = {"a": 0.31, "b": 0.34, "c": 0.38}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LINUX = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}
# the list has many products of one type, and most are not what runs
OTHER_PRODUCTS = (
    ({**LINUX, "operatingSystem": "Windows"}, 1.9),
    ({**LINUX, "tenancy": "Dedicated"}, 1.1),
    ({**LINUX, "capacitystatus": "AllocatedCapacityReservation"}, 0.0),
    ({**LINUX, "preInstalledSw": "SQL Std"}, 3.0),
)


@dataclass
class SpotPrice:
    """The price of a type in a zone, in force since then."""

    instance_type: str
    zone: str
    usd: str
    since: datetime
    system: str = "Linux/UNIX"


@dataclass
class PriceList:
    """Products in the nesting that AWS uses, and changes of spot prices.

    Args:
        page: how many products an answer has at most.
    """

    products: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    spot: list[SpotPrice] = field(default_factory=list[SpotPrice])
    page: int = 10

    def add_product(self, service: str, usd: str, **attributes: str) -> None:
        sku = uuid.uuid4().hex
        family = attributes.pop("productFamily", "")
        dimension = {"unit": "Hrs", "beginRange": "0", "pricePerUnit": {"USD": usd}}
        term = {"sku": sku, "priceDimensions": {f"{sku}.T.D": dimension}, "termAttributes": {}}
        reserved = {f"{sku}.R": {"priceDimensions": {f"{sku}.R.D": {**dimension, "unit": "Hrs"}}}}
        self.products.append(
            {
                "product": {"productFamily": family, "attributes": attributes, "sku": sku},
                "serviceCode": service,
                "terms": {"OnDemand": {f"{sku}.T": term}, "Reserved": reserved},
            }
        )

    def add_type(self, instance_type: str, fee: str, usd: str, region: str = REGION) -> None:
        """EMR's fee and the price on demand of an instance type."""
        both = {"instanceType": instance_type, "regionCode": region, "locationType": "AWS Region"}
        emr = {"productFamily": "Elastic Map Reduce Instance", "softwareType": "EMR"}
        self.add_product("ElasticMapReduce", fee, **both, **emr)
        self.add_product("AmazonEC2", usd, **both, **LINUX, productFamily="Compute Instance")

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """GetProducts: what fits all filters, each product as a string of JSON."""
        assert operation == "GetProducts", f"{operation} of the price list is not emulated"
        products = [
            json.dumps(product)
            for product in self.products
            if product["serviceCode"] == request["ServiceCode"]
            and all(_fits(product["product"], one) for one in request.get("Filters", []))
        ]
        start = int(request.get("NextToken") or 0)
        end = start + min(request.get("MaxResults", self.page), self.page)
        more = {"NextToken": str(end)} if len(products) > end else {}
        return {"FormatVersion": "aws_v1", "PriceList": products[start:end], **more}

    def spot_history(self, request: dict[str, str]) -> str:
        """DescribeSpotPriceHistory: changes within the time, and what was in force at its start."""
        types = [value for name, value in request.items() if name.startswith("InstanceType.")]
        start = datetime.fromisoformat(request.get("StartTime", LONG_AGO.isoformat()))
        end = datetime.fromisoformat(request.get("EndTime", datetime.now(UTC).isoformat()))
        changes = [
            change
            for change in self.spot
            if change.instance_type in (types or [change.instance_type])
            and change.zone == request.get("AvailabilityZone", change.zone)
            and change.since <= end
        ]
        items = [
            f"<item><instanceType>{change.instance_type}</instanceType>"
            f"<productDescription>{change.system}</productDescription>"
            f"<spotPrice>{change.usd}</spotPrice>"
            f"<timestamp>{change.since.isoformat()}</timestamp>"
            f"<availabilityZone>{change.zone}</availabilityZone></item>"
            for change in changes
            if change.since >= start or not any(_succeeds(o, change, start) for o in changes)
        ]
        return (
            "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>"
            f"{''.join(items)}</spotPriceHistorySet><nextToken/></DescribeSpotPriceHistoryResponse>"
        )


def usual_prices() -> PriceList:
    """Prices of the types above in the emulated region, among products that are not wanted."""
    prices = PriceList()
    for name, usd in EC2.items():
        prices.add_type(name, f"{usd * FEE:.4f}", f"{usd:.10f}")
        both = {"instanceType": name, "regionCode": REGION, "locationType": "AWS Region"}
        fee = {"productFamily": "Elastic Map Reduce Instance", "softwareType": "MapR"}
        prices.add_product("ElasticMapReduce", f"{usd * FEE * 2:.4f}", **both, **fee)
        for other, times in OTHER_PRODUCTS:
            compute = {**both, **other, "productFamily": "Compute Instance"}
            prices.add_product("AmazonEC2", f"{usd * times:.10f}", **compute)
        prices.spot += [
            SpotPrice(name, REGION + zone, f"{usd * part:.6f}", LONG_AGO)
            for zone, part in SPOT.items()
        ]
    return prices


def _fits(product: dict[str, Any], wanted: dict[str, str]) -> bool:
    fields = {**product["attributes"], "productFamily": product["productFamily"]}
    return fields.get(wanted["Field"]) == wanted["Value"]


def _succeeds(later: SpotPrice, change: SpotPrice, start: datetime) -> bool:
    same = (later.instance_type, later.zone) == (change.instance_type, change.zone)
    return same and change.since < later.since <= start
