"""The kinds of PATCH."""

import json
from typing import Any, TypeGuard

import yaml

from emr_ml_tests.emulator.kubernetes.answers import bad_request, unsupported_media_type

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON = "application/json-patch+json"


def read(media_type: str, body: bytes) -> Any:
    """Return the body of a PATCH.

    Raises:
        ApiError: 415 for a type that the server does not know.
    """
    if media_type == APPLY:
        return yaml.safe_load(body)
    if media_type in (MERGE, STRATEGIC, JSON):
        return json.loads(body)
    raise unsupported_media_type(media_type)


def apply(media_type: str, one: dict[str, Any], patch: Any) -> None:
    """Change an object in place as the patch says.

    Lists of a strategic patch and of an applied object are merged by `name`, where their entries
    have one: the API server knows the key of each list from its schema.
    """
    if media_type == JSON:
        for step in patch:
            _step(one, step)
    else:
        _merge(one, patch, by_name=media_type != MERGE)


def _merge(one: dict[str, Any], patch: dict[str, Any], *, by_name: bool) -> None:
    for key, value in patch.items():
        if value is None:
            one.pop(key, None)
        elif isinstance(value, dict) and isinstance(one.get(key), dict):
            _merge(one[key], value, by_name=by_name)
        elif by_name and _named(value) and _named(one.get(key)):
            _merge_named(one[key], value)
        else:
            one[key] = value


def _merge_named(several: list[dict[str, Any]], patch: list[dict[str, Any]]) -> None:
    known = {entry["name"]: entry for entry in several}
    for entry in patch:
        if entry["name"] in known:
            _merge(known[entry["name"]], entry, by_name=True)
        else:
            several.append(entry)


def _named(value: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(
        isinstance(entry, dict) and "name" in entry for entry in value
    )


def _step(one: Any, step: dict[str, Any]) -> None:
    *path, last = [
        part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]
    ]
    for part in path:
        one = one[int(part)] if isinstance(one, list) else one.setdefault(part, {})
    match step["op"]:
        case "add" | "replace" if isinstance(one, list):
            one.append(step["value"]) if last == "-" else one.insert(int(last), step["value"])
        case "add" | "replace":
            one[last] = step["value"]
        case "remove":
            del one[int(last) if isinstance(one, list) else last]
        case "test" if one.get(last) != step["value"]:
            raise bad_request(f"testing path {step['path']} failed")
        case "test":
            pass
        case operation:
            raise bad_request(f"no such operation: {operation}")
