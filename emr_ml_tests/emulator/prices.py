"""Prices of a few instance types, as the Price List API and EC2's spot history tell them."""

import json
from typing import Any

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
EMR = {name: round(price * 0.2243, 4) for name, price in EC2.items()}
# a part of the price on demand, by availability zone
SPOT = {"a": 0.31, "b": 0.34, "c": 0.38}
PAGE = 10
Product = dict[str, Any]


def answer(operation: str, asked: dict[str, Any], region: str) -> dict[str, Any]:
    """GetProducts: what fits all filters, ten a page, each product as a string of JSON."""
    assert operation == "GetProducts", f"{operation} of the price list is not emulated"
    found = [
        json.dumps(product)
        for product in _products(asked["ServiceCode"], region)
        if all(_fits(product["product"], one) for one in asked.get("Filters", []))
    ]
    start = int(asked.get("NextToken") or 0)
    end = start + min(asked.get("MaxResults", PAGE), PAGE)
    more = {"NextToken": str(end)} if len(found) > end else {}
    return {"FormatVersion": "aws_v1", "PriceList": found[start:end], **more}


def spot_history(asked: dict[str, str], region: str) -> str:
    """DescribeSpotPriceHistory: one price in each zone, in force for long."""
    types = [value for name, value in asked.items() if name.startswith("InstanceType.")]
    product = asked.get("ProductDescription.1", "Linux/UNIX")
    items = [
        f"<item><instanceType>{name}</instanceType><productDescription>{product}"
        f"</productDescription><spotPrice>{EC2[name] * part:.6f}</spotPrice>"
        "<timestamp>2026-01-01T00:00:00.000Z</timestamp>"
        f"<availabilityZone>{region}{zone}</availabilityZone></item>"
        for name in types or EC2
        if name in EC2
        for zone, part in SPOT.items()
        if asked.get("AvailabilityZone", region + zone) == region + zone
    ]
    return (
        "<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>"
        f"{''.join(items)}</spotPriceHistorySet><nextToken/></DescribeSpotPriceHistoryResponse>"
    )


def _fits(product: Product, wanted: dict[str, str]) -> bool:
    fields = {**product["attributes"], "productFamily": product["productFamily"]}
    return fields.get(wanted["Field"]) == wanted["Value"]


def _products(service: str, region: str) -> list[Product]:
    if service == "ElasticMapReduce":
        return [
            _product(service, region, name, price, {"softwareType": software})
            for name, price in EMR.items()
            for software, price in (("EMR", price), ("MapR", price * 2))
        ]
    if service != "AmazonEC2":
        return []
    plain = {
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "operation": "RunInstances",
        "marketoption": "OnDemand",
        "licenseModel": "No License required",
    }
    # the list has many products of one type, and most are not what runs
    others = [
        (plain, 1.0),
        ({**plain, "operatingSystem": "Windows", "operation": "RunInstances:0002"}, 1.9),
        ({**plain, "tenancy": "Dedicated"}, 1.1),
        ({**plain, "capacitystatus": "AllocatedCapacityReservation"}, 0.0),
        ({**plain, "preInstalledSw": "SQL Std", "operation": "RunInstances:0004"}, 3.0),
    ]
    return [
        _product(service, region, name, price * times, attributes)
        for name, price in EC2.items()
        for attributes, times in others
    ]


def _product(service: str, region: str, name: str, price: float, more: dict[str, str]) -> Product:
    family = "Compute Instance" if service == "AmazonEC2" else "Elastic Map Reduce Instance"
    sku = f"{abs(hash((service, name, *more.values()))):X}"[:16]
    term, rate = f"{sku}.JRTCKXETXF", f"{sku}.JRTCKXETXF.6YS6EN2CT7"
    dimension = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "rateCode": rate,
        "description": f"${price} per hour",
        "appliesTo": [],
        "pricePerUnit": {"USD": f"{price:.10f}"},
    }
    attributes = {
        "servicecode": service,
        "regionCode": region,
        "instanceType": name,
        "locationType": "AWS Region",
        "usagetype": f"EU-BoxUsage:{name}",
        **more,
    }
    return {
        "product": {"productFamily": family, "attributes": attributes, "sku": sku},
        "serviceCode": service,
        "terms": {
            "OnDemand": {
                term: {
                    "priceDimensions": {rate: dimension},
                    "sku": sku,
                    "effectiveDate": "2026-11-01T00:00:00Z",
                    "offerTermCode": "JRTCKXETXF",
                    "termAttributes": {},
                }
            }
        },
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    }
