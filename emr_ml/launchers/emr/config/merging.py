"""Settings laid over settings: nothing is dropped, and nothing that is given is changed."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# lists of RunJobFlow whose entries go by a name
NAMED = {
    "Applications": "Name",
    "BootstrapActions": "Name",
    "Tags": "Key",
}


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings key by key, all the way down; of anything else, what is above."""
    result = copy.deepcopy(dict(below))
    for key, value in above.items():
        under = result.get(key)
        if isinstance(under, dict) and isinstance(value, Mapping):
            result[key] = merged(under, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def overridden(request: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """A RunJobFlow request with overrides laid over it; null removes a field.

    Lists are replaced, but for those whose entries have names: of these, entries are replaced by
    name and others are added. `Configurations` are merged by classification.
    """
    above = dict(overrides)
    if above.get("Configurations") is not None:
        below = request.get("Configurations") or []
        above["Configurations"] = merged_configurations(below, above["Configurations"])
    for field, name in NAMED.items():
        if above.get(field) is not None:
            above[field] = _by_name(name, request.get(field) or [], above[field])
    return _without_nulls(merged(request, above))


def merged_configurations(*lists: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """EMR's configurations as one list, a single entry for each classification, in its order.

    Of two values of a property, the one in the later list counts. Nested configurations are
    merged the same way.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for entry in (entry for entries in lists for entry in entries):
        found.setdefault(entry.get("Classification", ""), []).append(entry)
    return [_one(name, entries) for name, entries in sorted(found.items())]


def _one(classification: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {"Classification": classification, "Properties": {}}
    for entry in entries:
        result["Properties"] |= entry.get("Properties") or {}
    nested = merged_configurations(*(entry.get("Configurations") or [] for entry in entries))
    return result | ({"Configurations": nested} if nested else {})


def _by_name(
    name: str, below: Iterable[Mapping[str, Any]], above: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    new = {entry.get(name): entry for entry in above}
    return [*(new.pop(entry.get(name), entry) for entry in below), *new.values()]


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    return value
