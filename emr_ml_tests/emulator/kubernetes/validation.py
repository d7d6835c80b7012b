"""What the API server refuses: by Kubernetes' own schemas, and by the rules of names and labels."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
from referencing import Registry, Resource

from emr_ml_tests.emulator.kubernetes.answers import bad_request, invalid
from emr_ml_tests.emulator.kubernetes.store import Kind

RELEASE = "1.34.0"
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(\.{_LABEL.pattern})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
# resources of the core group whose names are labels of DNS, not subdomains
_LABEL_NAMES = ("namespaces", "services")
MAX_CONFIG_MAP_BYTES = MAX_SECRET_BYTES = 1 << 20
MAX_ANNOTATION_BYTES = 256 << 10


def check(kind: Kind, one: Any, namespace: str) -> None:
    """Raise the refusal of an object that a client sends.

    Args:
        kind: what the path asks for.
        one: the object.
        namespace: in the path.

    Raises:
        ApiError: 400 if it is no such object, 422 if a value is not valid.
    """
    if not isinstance(one, dict) or one.get("kind") != kind.kind:
        raise bad_request(f"the object provided is no {kind.kind}")
    if one.get("apiVersion") != kind.api_version:
        raise bad_request(
            f"the API version in the data ({one.get('apiVersion')}) does not match the expected "
            f"API version ({kind.api_version})"
        )
    for mistake in _validator(kind.kind).iter_errors(one):
        where = ".".join(str(part) for part in mistake.absolute_path) or "object"
        raise bad_request(
            f'{kind.kind} in version "{kind.api_version}" cannot be handled as a {kind.kind}: '
            f"{where}: {mistake.message}"
        )
    metadata = one.get("metadata") or {}
    if kind.namespaced and metadata.get("namespace", namespace) != namespace:
        raise bad_request(
            f"the namespace of the provided object does not match the namespace sent on the "
            f"request ({metadata['namespace']} is not {namespace})"
        )
    causes = [*_metadata(kind.resource, metadata)]
    if kind.resource == "pods":
        causes += _pod(one["spec"])
    if kind.resource in ("configmaps", "secrets"):
        causes += _data(one)
    if causes:
        raise invalid(kind.kind, metadata.get("name", ""), causes)


def _metadata(resource: str, metadata: dict[str, Any]) -> Iterator[str]:
    name = metadata.get("name") or metadata.get("generateName")
    if not name:
        yield "metadata.name: Required value: name or generateName is required"
    elif resource == "services":
        yield from _name("metadata.name", name, _SERVICE, 63)
    elif resource in _LABEL_NAMES:
        yield from _name("metadata.name", name, _LABEL, 63)
    else:
        yield from _name("metadata.name", name.rstrip("-"), _SUBDOMAIN, 253)
    for key, value in (metadata.get("labels") or {}).items():
        yield from _key("metadata.labels", key)
        if value:
            yield from _name("metadata.labels", value, _QUALIFIED, 63)
    annotations: dict[str, str] = metadata.get("annotations") or {}
    for key in annotations:
        yield from _key("metadata.annotations", key)
    if sum(len(key) + len(value) for key, value in annotations.items()) > MAX_ANNOTATION_BYTES:
        yield f"metadata.annotations: Too long: may not be more than {MAX_ANNOTATION_BYTES} bytes"


def _pod(spec: dict[str, Any]) -> Iterator[str]:
    volumes = {volume["name"] for volume in spec.get("volumes") or ()}
    for volume in volumes:
        yield from _name("spec.volumes.name", volume, _LABEL, 63)
    if not spec["containers"]:
        yield "spec.containers: Required value"
    seen = set[str]()
    for number, container in enumerate(spec["containers"]):
        where = f"spec.containers[{number}]"
        yield from _name(f"{where}.name", container["name"], _LABEL, 63)
        if container["name"] in seen:
            yield f'{where}.name: Duplicate value: "{container["name"]}"'
        seen.add(container["name"])
        if not container.get("image"):
            yield f"{where}.image: Required value"
        yield from _container(where, container, volumes)
    policy = spec.get("restartPolicy", "Always")
    if policy not in ("Always", "OnFailure", "Never"):
        yield f'spec.restartPolicy: Unsupported value: "{policy}"'


def _container(where: str, container: dict[str, Any], volumes: set[str]) -> Iterator[str]:
    for variable in container.get("env") or ():
        yield from _name(f"{where}.env.name", variable["name"], _VARIABLE, 1 << 20)
        if variable.get("value") and variable.get("valueFrom"):
            yield f"{where}.env.valueFrom: Invalid value: may not be specified when `value` is"
    for port in container.get("ports") or ():
        if name := port.get("name"):
            yield from _name(f"{where}.ports.name", name, _LABEL, 15)
    for mount in container.get("volumeMounts") or ():
        if mount["name"] not in volumes:
            yield f'{where}.volumeMounts.name: Not found: "{mount["name"]}"'
    resources = container.get("resources") or {}
    limits = resources.get("limits") or {}
    for name, request in (resources.get("requests") or {}).items():
        if name in limits and quantity(request) > quantity(limits[name]):
            yield (
                f'{where}.resources.requests: Invalid value: "{request}": must be less than or '
                f"equal to {name} limit of {limits[name]}"
            )


def _data(one: dict[str, Any]) -> Iterator[str]:
    data: dict[str, str] = one.get("data") or {}
    for key in data:
        yield from _name("data", key, _VARIABLE, 253)
    if sum(len(value) for value in data.values()) > MAX_CONFIG_MAP_BYTES:
        yield f"data: Too long: may not be more than {MAX_CONFIG_MAP_BYTES} bytes"


def _key(where: str, key: str) -> Iterator[str]:
    prefix, slash, name = key.rpartition("/")
    if slash:
        yield from _name(where, prefix, _SUBDOMAIN, 253)
    yield from _name(where, name, _QUALIFIED, 63)


def _name(where: str, text: str, pattern: re.Pattern[str], longest: int) -> Iterator[str]:
    if len(text) > longest:
        yield f'{where}: Invalid value: "{text}": must be no more than {longest} characters'
    elif not pattern.fullmatch(text):
        yield f'{where}: Invalid value: "{text}": it must match the regex {pattern.pattern!r}'


_UNITS = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12} | {
    f"{prefix}i": 1024.0 ** (power + 1) for power, prefix in enumerate("KMGT")
}


def quantity(text: str | float) -> float:
    """Return the number that a quantity such as `500m` or `2Gi` stands for."""
    found = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(text))
    if found is None or found[2] not in _UNITS:
        raise bad_request(f"quantities must match the regular expression, and {text!r} does not")
    return float(found[1]) * _UNITS[found[2]]


@cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    folder = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{RELEASE}-local-strict"
    schema = json.loads((folder / f"{kind.lower()}-v1.json").read_text())
    definitions = json.loads((folder / "_definitions.json").read_text())
    registry: Registry[Any] = Registry().with_resources(
        [("_definitions.json", Resource.from_contents(definitions))]
    )
    return jsonschema.Draft202012Validator(schema, registry=registry)
