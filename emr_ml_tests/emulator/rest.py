"""Requests and answers of services with a REST API, by botocore's own models of them."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.utils import parse_timestamp

from emr_ml_tests.emulator.shapes import model
from emr_ml_tests.emulator.world import ACCOUNT, REGION, AwsError

Parameters = dict[str, Any]
SERVICES = ("emr-serverless", "emr-containers")


@lru_cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """The method, the path and the name of each operation."""
    operations = map(model(service).operation_model, model(service).operation_names)
    return [
        (
            one.http["method"],
            re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", one.http["requestUri"])),
            one.name,
        )
        for one in operations
    ]


def parse(service: str, method: str, uri: str, body: bytes) -> tuple[str, Parameters]:
    """Return the operation and its parameters.

    Args:
        uri: path and query as they were sent; a slash within a parameter is still quoted.
    """
    path, _, query = uri.partition("?")
    for verb, pattern, operation in _routes(service):
        if verb == method and (match := pattern.fullmatch(path)):
            return operation, _parameters(service, operation, match.groupdict(), query, body)
    raise AwsError("UnknownOperationException", f"{service} has no {method} {path}", 404)


def _parameters(
    service: str, operation: str, path: Mapping[str, str], query: str, body: bytes
) -> Parameters:
    parameters: Parameters = json.loads(body or b"{}")
    shape = model(service).operation_model(operation).input_shape
    asked = parse_qs(query, keep_blank_values=True)
    for name, member in shape.members.items() if shape else ():
        where = member.serialization.get("name", name)
        match member.serialization.get("location"):
            case "uri":
                parameters[name] = unquote(path[where])
            case "querystring" if where in asked:
                values = [_from_text(member, value) for value in asked[where]]
                parameters[name] = values if isinstance(member, ListShape) else values[0]
            case _:
                pass
    return parameters


def _from_text(shape: Shape, text: str) -> Any:
    try:
        match shape.type_name:
            case "integer" | "long":
                return int(text)
            case "boolean":
                return text == "true"
            case "timestamp":
                return parse_timestamp(text).timestamp()
            case _:
                return text
    except ValueError as error:
        raise AwsError("SerializationException", f"{text} is not a {shape.type_name}") from error


def render(service: str, operation: str, answer: Parameters) -> Parameters:
    """Return the answer as JSON. What the model does not know is a mistake of the emulator's.

    Moments are epoch seconds in `answer`, and get the format that the service has for them.
    """
    shape = model(service).operation_model(operation).output_shape
    return _rendered(shape, answer) if shape else {}


def _rendered(shape: Shape, value: Any) -> Any:
    match shape:
        case StructureShape():
            known: Parameters = {name: one for name, one in value.items() if one is not None}
            missing = set(shape.required_members) - known.keys()
            assert not missing, f"{shape.name} lacks {missing}"
            return {name: _rendered(shape.members[name], one) for name, one in known.items()}
        case ListShape():
            return [_rendered(shape.member, one) for one in value]
        case MapShape():
            return {key: _rendered(shape.value, one) for key, one in value.items()}
        case _ if shape.serialization.get("timestampFormat") == "iso8601":
            return datetime.fromtimestamp(value, UTC).isoformat()
        case _:
            return value


def resource_arn(service: str, parameters: Parameters) -> str:
    """Return the ARN of what a call names, the narrowest it can be; `*` if it names nothing."""
    if given := parameters.get("resourceArn"):
        return given
    if service == "emr-serverless":
        owners, owner, run = "applications", parameters.get("applicationId"), "jobRunId"
    else:
        owners, run = "virtualclusters", "id"
        owner = parameters.get("virtualClusterId")
        if not owner:  # DescribeVirtualCluster's own id
            owner, run = parameters.get("id"), ""
    if not owner:
        return "*"
    arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:/{owners}/{owner}"
    return f"{arn}/jobruns/{parameters[run]}" if parameters.get(run) else arn


def rest_actions(
    service: str, operation: str, parameters: Parameters
) -> tuple[tuple[str, str], ...]:
    """Return the IAM permissions that a call needs.

    The guides ask for `TagResource` where something is created with tags. Serverless takes a role
    that is passed to it; pods of EMR on EKS take theirs from their service account.
    """
    arn = resource_arn(service, parameters)
    needed = [(f"{service}:{operation}", arn)]
    if parameters.get("tags") and operation != "TagResource":
        needed.append((f"{service}:TagResource", arn))
    role = parameters.get("executionRoleArn")
    if role and service == "emr-serverless":
        needed.append(("iam:PassRole", role))
    return tuple(needed)
