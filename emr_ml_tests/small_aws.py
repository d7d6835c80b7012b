"""A small AWS on loopback: what is read of EMR, and prices; moto answers everything else."""

import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import boto3
import pytest
from botocore.loaders import Loader, create_loader
from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from emr_ml_tests.s3_server import Application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

REGION = "eu-west-1"


class RefusedError(Exception):
    """An error of AWS, to be answered in the form of the service."""

    def __init__(self, code: str, status: int = 400, message: str = "said the test") -> None:
        super().__init__(message)
        self.code, self.status = code, status


@dataclass
class SmallAws:
    """Its state is open to the test.

    `refusals` befall an operation each time it is called, `once` only the next time; `before`
    is called ahead of the next one. `page` is how many entries a listing gives at a time, `ahead`
    what its clock is ahead of ours, `deaf_to` the headers of requests that it passes over.
    """

    clusters: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    steps: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])
    instances: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict[str, list[dict[str, Any]]]
    )
    products: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    spot: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    releases: set[str] = field(default_factory=lambda: {"emr-spark-8.1.0", "emr-7.13.0"})
    refusals: dict[str, RefusedError] = field(default_factory=dict[str, RefusedError])
    once: dict[str, RefusedError] = field(default_factory=dict[str, RefusedError])
    before: dict[str, Callable[[], object]] = field(default_factory=dict[str, Callable[[], object]])
    calls: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )
    ahead: timedelta = timedelta()
    deaf_to: tuple[str, ...] = ()
    page: int = 2

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.calls if name == operation]

    def add_product(self, service: str, usd: str, **attributes: str) -> None:
        """A product of the Price List, in the nesting that AWS uses."""
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

    def add_type(self, instance_type: str, fee: str, on_demand: str, region: str = REGION) -> None:
        """EMR's fee and the on-demand price of a type."""
        both = {"instanceType": instance_type, "regionCode": region, "locationType": "AWS Region"}
        emr = {"productFamily": "Elastic Map Reduce Instance", "softwareType": "EMR"}
        self.add_product("ElasticMapReduce", fee, **both, **emr)
        linux = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA"}
        ec2 = {**linux, "productFamily": "Compute Instance", "capacitystatus": "Used"}
        self.add_product("AmazonEC2", on_demand, **both, **ec2)

    def add_spot(self, instance_type: str, zone: str, usd: str, since: datetime) -> None:
        self.spot.append({"type": instance_type, "zone": zone, "usd": usd, "since": since})

    def add_cluster(self, cluster_id: str, name: str, state: str, **described: Any) -> None:
        """A cluster that was started at `since`, three hours ago by default."""
        since = described.pop("since", datetime.now(UTC) - timedelta(hours=3))
        timeline = {"CreationDateTime": since.timestamp(), "ReadyDateTime": since.timestamp() + 300}
        status = {"State": state, "Timeline": timeline}
        self.clusters[cluster_id] = {
            "Id": cluster_id,
            "Name": name,
            "Status": status,
            "TerminationProtected": False,
            "Tags": [],
            "StepConcurrencyLevel": 1,
            **described,
        }

    def add_step(
        self,
        cluster_id: str,
        name: str,
        state: str,
        *,
        started: datetime | None = None,
        ended: datetime | None = None,
        limit: int = 21600,
    ) -> None:
        """A step; the newest comes first, as in EMR's listing."""
        timeline = {
            name: moment.timestamp()
            for name, moment in (("StartDateTime", started), ("EndDateTime", ended))
            if moment
        }
        args = ["env", "timeout", "--kill-after=60", str(limit), "spark-submit"]
        step = {
            "Id": f"s-{uuid.uuid4().hex[:12].upper()}",
            "Name": name,
            "Config": {"Jar": "command-runner.jar", "Args": args},
            "Status": {"State": state, "Timeline": timeline},
        }
        self.steps.setdefault(cluster_id, []).insert(0, step)

    def add_instance(
        self,
        cluster_id: str,
        since: datetime | None,
        until: datetime | None = None,
        *,
        market: str = "ON_DEMAND",
        fleet: str = "CORE",
        instance_type: str = "m5.xlarge",
    ) -> None:
        """An instance; one that was not begun yet is being waited for."""
        timeline = {"CreationDateTime": since.timestamp()} if since else {}
        timeline |= {"EndDateTime": until.timestamp()} if until else {}
        state = "TERMINATED" if until else "RUNNING" if since else "AWAITING_FULFILLMENT"
        self.instances.setdefault(cluster_id, []).append(
            {
                "Id": f"ci-{uuid.uuid4().hex[:8]}",
                "Status": {"State": state, "Timeline": timeline},
                "Market": market,
                "InstanceType": instance_type,
                "fleet": fleet,
            }
        )

    def __post_init__(self) -> None:
        self._moto = Application()

    def __call__(self, request: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        for header in self.deaf_to:
            request.pop(f"HTTP_{header.upper().replace('-', '_')}", None)
        if request["REQUEST_METHOD"] != "POST":
            return self._moto(request, start)
        body = request["wsgi.input"].read(int(request.get("CONTENT_LENGTH") or 0))
        request["wsgi.input"] = io.BytesIO(body)
        target: str = request.get("HTTP_X_AMZ_TARGET", "")
        form = {} if target else {key: value[0] for key, value in parse_qs(body.decode()).items()}
        operation = target.rpartition(".")[2] or form.get("Action", "")
        parameters = json.loads(body or b"{}") if target else form
        self.calls.append((operation, parameters))
        if hook := self.before.pop(operation, None):
            hook()
        try:
            if refusal := self.once.pop(operation, None) or self.refusals.get(operation):
                raise refusal
            answer = getattr(self, f"_answer_{operation}", None)
            if answer is None:
                return self._moto(request, start)
            said, status = answer(parameters), "200 OK"
        except RefusedError as error:
            said, status = _error(error, as_json=bool(target)), f"{error.status} Refused"
        kind = "application/x-amz-json-1.1" if target else "text/xml"
        start(status, [("Content-Type", kind)])
        return [said.encode() if isinstance(said, str) else json.dumps(said).encode()]

    def _answer_ListClusters(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        states = asked.get("ClusterStates", ())
        found = [
            {key: cluster[key] for key in ("Id", "Name", "Status")}
            for cluster in self.clusters.values()
            if not states or cluster["Status"]["State"] in states
        ]
        return self._paged("Clusters", found, asked)

    def _answer_DescribeCluster(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Cluster": self._cluster(asked["ClusterId"])}

    def _answer_ListSteps(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self._cluster(asked["ClusterId"])
        states = asked.get("StepStates", ())
        found = [
            step
            for step in self.steps.get(asked["ClusterId"], [])
            if not states or step["Status"]["State"] in states
        ]
        return self._paged("Steps", found, asked)

    def _answer_ListInstances(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            instance
            for instance in self.instances.get(asked["ClusterId"], [])
            if asked.get("InstanceFleetType") in (None, instance["fleet"])
        ]
        return self._paged("Instances", found, asked)

    def _answer_TerminateJobFlows(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if len(asked["JobFlowIds"]) > 10:
            raise RefusedError("ValidationException", message="at most 10 job flows")
        clusters = [self._cluster(cluster_id) for cluster_id in asked["JobFlowIds"]]
        if any(cluster["TerminationProtected"] for cluster in clusters):
            raise RefusedError("ValidationException", message="termination protected")
        for cluster in clusters:
            cluster["Status"]["State"] = "TERMINATING"
        return {}

    def _answer_DescribeReleaseLabel(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if asked["ReleaseLabel"] not in self.releases:
            raise RefusedError("ValidationException", message="The release label is invalid.")
        return {"ReleaseLabel": asked["ReleaseLabel"], "Applications": [{"Name": "Spark"}]}

    def _answer_GetProducts(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        found = [
            json.dumps(product)
            for product in self.products
            if product["serviceCode"] == asked["ServiceCode"]
            and all(_field(product, one["Field"]) == one["Value"] for one in asked["Filters"])
        ]
        return self._paged("PriceList", found, asked, "NextToken")

    def _answer_DescribeSpotPriceHistory(self, form: dict[str, str]) -> str:  # noqa: N802
        start, end = _moment(form["StartTime"]), _moment(form["EndTime"])
        mine = [
            change
            for change in self.spot
            if change["type"] == form["InstanceType.1"] and change["since"] <= end
        ]
        # also what was in force when the time began
        kept = [
            change
            for change in mine
            if change["since"] >= start
            or not any(
                change["zone"] == other["zone"] and change["since"] < other["since"] <= start
                for other in mine
            )
        ]
        return _spot_answer(kept, form["ProductDescription.1"])

    def _paged(
        self, key: str, found: list[Any], asked: dict[str, Any], marker: str = "Marker"
    ) -> dict[str, Any]:
        start = int(asked.get(marker, 0))
        end = start + self.page
        return {key: found[start:end], **({marker: str(end)} if len(found) > end else {})}

    def _cluster(self, cluster_id: str) -> dict[str, Any]:
        if cluster_id not in self.clusters:
            message = f"Cluster id '{cluster_id}' is not valid."
            raise RefusedError("InvalidRequestException", message=message)
        return self.clusters[cluster_id]


@contextmanager
def small_aws(monkeypatch: pytest.MonkeyPatch) -> Generator[SmallAws]:
    """An empty AWS that the environment leads to until the block ends."""
    aws = SmallAws()

    class Handler(MotoRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            ahead = aws.ahead.total_seconds()
            return super().date_time_string((timestamp or time.time()) + ahead)

    server = make_server("127.0.0.1", 0, aws, threaded=True, request_handler=Handler)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.02,), name="small-aws", daemon=True
    )
    thread.start()
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        # nothing of whoever runs the tests
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    # each session would read the models of its services anew, and EC2's takes long
    monkeypatch.setattr("botocore.session.create_loader", _models)
    # a session of before remembers its credentials
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    try:
        yield aws
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _field(product: dict[str, Any], name: str) -> Any:
    if name == "productFamily":
        return product["product"]["productFamily"]
    return product["product"]["attributes"].get(name)


@cache
def _models(*_: object) -> Loader:
    return create_loader()


def _error(error: RefusedError, *, as_json: bool) -> str | dict[str, str]:
    if as_json:
        return {"__type": error.code, "message": str(error)}
    inner = f"<Error><Code>{error.code}</Code><Message>{escape(str(error))}</Message></Error>"
    # one text for both kinds: EC2 reads Errors in a Response, the others Error in an ErrorResponse
    return f"<Response>{inner}<Errors>{inner}</Errors></Response>"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _spot_answer(changes: list[dict[str, Any]], description: str) -> str:
    items = "".join(
        f"<item><instanceType>{change['type']}</instanceType>"
        f"<productDescription>{change.get('description', description)}</productDescription>"
        f"<spotPrice>{change['usd']}</spotPrice>"
        f"<timestamp>{change['since'].isoformat()}</timestamp>"
        f"<availabilityZone>{change['zone']}</availabilityZone></item>"
        for change in changes
    )
    return (
        f"<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>{items}</spotPriceHistorySet>"
        "<nextToken/></DescribeSpotPriceHistoryResponse>"
    )
