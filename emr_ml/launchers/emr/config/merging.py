"""Merge settings: nothing is dropped, and the arguments are never changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emr_ml.launchers.remote.configuration import merged

# lists of RunJobFlow whose entries have a name, and the field with that name
NAMED_LISTS = {
    "Applications": "Name",
    "BootstrapActions": "Name",
    "Tags": "Key",
}


def overridden(request: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Apply overrides to a RunJobFlow request; null removes a field.

    A list is replaced as a whole, except that entries with names replace the entries of the same
    name, or are added. `Configurations` are merged by classification.
    """
    overrides = dict(overrides)
    if overrides.get("Configurations") is not None:
        base = request.get("Configurations") or []
        overrides["Configurations"] = merged_configurations(base, overrides["Configurations"])
    for field, name in NAMED_LISTS.items():
        if overrides.get(field) is not None:
            overrides[field] = _merge_by_name(name, request.get(field) or [], overrides[field])
    return without_nulls(merged(request, overrides))


def merged_configurations(*lists: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Merge lists of EMR's configurations into one entry for each classification, sorted by it.

    The value in the later list counts. Nested configurations are merged the same way.
    """
    by_classification: dict[str, list[Mapping[str, Any]]] = {}
    for entries in lists:
        for entry in entries:
            by_classification.setdefault(entry.get("Classification", ""), []).append(entry)
    return [_merge_entries(name, entries) for name, entries in sorted(by_classification.items())]


def _merge_entries(classification: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {"Classification": classification, "Properties": {}}
    for entry in entries:
        result["Properties"] |= entry.get("Properties") or {}
    nested = merged_configurations(*(entry.get("Configurations") or [] for entry in entries))
    return result | ({"Configurations": nested} if nested else {})


def _merge_by_name(
    name: str, base: Iterable[Mapping[str, Any]], overrides: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    remaining = {entry.get(name): entry for entry in overrides}
    replaced = [remaining.pop(entry.get(name), entry) for entry in base]
    return [*replaced, *remaining.values()]


def without_nulls(value: Any) -> Any:
    """Return a value without the keys of mappings, at all depths, whose value is null."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
