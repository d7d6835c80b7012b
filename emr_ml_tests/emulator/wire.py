"""Parse requests, and answer with AWS's errors."""

import io
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from emr_ml_tests.emulator import rest
from emr_ml_tests.emulator.s3_actions import s3_actions, s3_operation
from emr_ml_tests.emulator.world import ACCOUNT, REGION, AwsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Protocol = Literal["json", "rest", "query", "ec2", "s3"]
# the service of an X-Amz-Target, by the names that IAM uses
JSON_SERVICES = {"ElasticMapReduce": "elasticmapreduce", "AWSPriceListService": "pricing"}


@dataclass(frozen=True)
class Request:
    """A parsed request. S3 has no `parameters`, they are in its address."""

    protocol: Protocol
    service: str
    operation: str
    caller: str
    actions: tuple[tuple[str, str], ...]
    parameters: dict[str, Any]

    def names(self) -> tuple[str, ...]:
        """The names by which a planned fault may match this request."""
        full = f"{self.service}:{self.operation}"
        targets = [target.removeprefix("arn:aws:s3:::") for _, target in self.actions]
        return (full, self.operation, *(f"{full} {target}" for target in targets))


def read(environ: "WSGIEnvironment") -> Request:
    """Parse a request; its body can be read again."""
    caller, service = _signed_by(environ)
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        prefix, _, operation = target.rpartition(".")
        service = JSON_SERVICES.get(prefix, service)
        parameters = json.loads(body(environ) or b"{}")
        actions = json_actions(service, operation, parameters)
        return Request("json", service, operation, caller, actions, parameters)
    if service in rest.SERVICES:
        method, uri = str(environ["REQUEST_METHOD"]), str(environ["REQUEST_URI"])
        operation, parameters = rest.parse(service, method, uri, body(environ))
        actions = rest.rest_actions(service, operation, parameters)
        return Request("rest", service, operation, caller, actions, parameters)
    if service == "s3":
        query = parse_qs(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)
        method = str(environ["REQUEST_METHOD"])
        listed = body(environ) if method == "POST" and "delete" in query else b""
        source = str(environ.get("HTTP_X_AMZ_COPY_SOURCE", ""))
        path = str(environ.get("PATH_INFO", "")).encode("latin-1").decode()
        actions = s3_actions(method, path, query, source, listed)
        return Request("s3", "s3", s3_operation(actions), caller, actions, {})
    fields = parse_qs(body(environ).decode("utf-8", "replace"))
    form = {name: values[0] for name, values in fields.items()}
    operation = form.get("Action", "?")
    protocol: Protocol = "ec2" if service == "ec2" else "query"
    resource = iam_arn(form) if service == "iam" else "*"
    needed = ((f"{service}:{operation}", resource),)
    return Request(protocol, service, operation, caller, needed, form)


# EMR's guide asks for these where RunJobFlow has such a part
BESIDES_RUN_JOB_FLOW = (
    ("Tags", "elasticmapreduce:AddTags"),
    ("AutoTerminationPolicy", "elasticmapreduce:PutAutoTerminationPolicy"),
    ("ManagedScalingPolicy", "elasticmapreduce:PutManagedScalingPolicy"),
)


def json_actions(
    service: str, operation: str, parameters: dict[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Return the IAM permissions that a call of a JSON service needs."""
    cluster = parameters.get("JobFlowId") or parameters.get("ClusterId")
    clusters = [cluster] if cluster else parameters.get("JobFlowIds", [])
    arns = [cluster_arn(one) for one in clusters] or ["*"]
    needed = [(f"{service}:{operation}", arn) for arn in arns]
    if operation == "RunJobFlow":
        roles = [parameters.get(n) for n in ("ServiceRole", "JobFlowRole", "AutoScalingRole")]
        needed += [("iam:PassRole", role_arn(role)) for role in roles if role]
        new = cluster_arn("new")
        needed += [(action, new) for part, action in BESIDES_RUN_JOB_FLOW if parameters.get(part)]
    return tuple(needed)


def cluster_arn(cluster: str) -> str:
    return f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/{cluster}"


def iam_arn(form: dict[str, str]) -> str:
    """Return the role or the instance profile that a call of IAM names."""
    if role := form.get("RoleName"):
        return role_arn(role)
    profile = form.get("InstanceProfileName")
    return f"arn:aws:iam::123456789012:instance-profile/{profile}" if profile else "*"


def role_arn(role: str) -> str:
    return role if role.startswith("arn:") else f"arn:aws:iam::123456789012:role/{role}"


def _signed_by(environ: "WSGIEnvironment") -> tuple[str, str]:
    """Return the access key id and the service in the signature."""
    scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")[2]
    parts = scope.partition(",")[0].split("/")
    if len(parts) < 5:
        return "nobody", "s3"
    return parts[0], parts[3]


def body(environ: "WSGIEnvironment") -> bytes:
    """Return the body, and leave it to be read again."""
    length = int(str(environ.get("CONTENT_LENGTH") or 0))
    content: bytes = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(content)
    return content


def refuse(protocol: Protocol, error: AwsError, start: "StartResponse") -> Iterable[bytes]:
    """Answer with an error in the format of the protocol."""
    request_id = str(uuid.uuid4())
    headers = [("x-amzn-RequestId", request_id)]
    match protocol:
        case "rest":
            headers.append(("x-amzn-ErrorType", error.code))
            kind = "application/json"
            text = json.dumps({"message": error.message})
        case "json":
            key = "Message" if error.status >= 500 else "message"
            kind = "application/x-amz-json-1.1"
            text = json.dumps({"__type": error.code, key: error.message})
        case "s3":
            kind = "application/xml"
            text = (
                f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
                f"<RequestId>{request_id}</RequestId></Error>"
            )
        case "ec2":
            kind = "text/xml"
            text = (
                f"<Response><Errors><Error><Code>{error.code}</Code><Message>"
                f"{escape(error.message)}</Message></Error></Errors>"
                f"<RequestID>{request_id}</RequestID></Response>"
            )
        case "query":
            kind = "text/xml"
            text = (
                f"<ErrorResponse><Error><Code>{error.code}</Code><Message>{escape(error.message)}"
                f"</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
    headers.append(("Content-Type", kind))
    return _send(f"{error.status} Error", headers, text.encode(), start)


def reply(value: dict[str, Any] | str, start: "StartResponse") -> Iterable[bytes]:
    """Answer a call with JSON, or with XML text unchanged."""
    kind = "text/xml" if isinstance(value, str) else "application/x-amz-json-1.1"
    text = value if isinstance(value, str) else json.dumps(value)
    headers = [("Content-Type", kind), ("x-amzn-RequestId", str(uuid.uuid4()))]
    return _send("200 OK", headers, text.encode(), start)


def _send(
    status: str, headers: list[tuple[str, str]], content: bytes, start: "StartResponse"
) -> Iterable[bytes]:
    start(status, [*headers, ("Content-Length", str(len(content)))])
    return [content]
