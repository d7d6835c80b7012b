"""Selectors of labels and fields, as listings and watches take them."""

import re
from collections.abc import Callable
from typing import Any

from emr_ml_tests.emulator.kubernetes.answers import bad_request

Object = dict[str, Any]
Matches = Callable[[Object], bool]
# a comma inside parentheses separates values, not requirements
_COMMA = re.compile(r",(?![^(]*\))")
_SET = re.compile(r"^(\S+)\s+(in|notin)\s+\(([^)]*)\)$")
_FIELDS: dict[str, Callable[[Object], Any]] = {
    "metadata.name": lambda one: one["metadata"]["name"],
    "metadata.namespace": lambda one: one["metadata"].get("namespace", ""),
    "status.phase": lambda one: one.get("status", {}).get("phase", ""),
    "spec.nodeName": lambda one: one.get("spec", {}).get("nodeName", ""),
}


def selection(labels: str, fields: str) -> Matches:
    """Return what tells whether an object is selected.

    Raises:
        ApiError: a selector can't be parsed, or asks for a field that can't be selected by.
    """
    wanted = [_label(part.strip()) for part in _COMMA.split(labels) if part.strip()]
    wanted += [_field(part.strip()) for part in fields.split(",") if part.strip()]
    return lambda one: all(matches(one) for matches in wanted)


def _label(text: str) -> Matches:
    if found := _SET.match(text):
        key, operator, values = found.groups()
        several = {value.strip() for value in values.split(",")}
        return lambda one: (_labels(one).get(key) in several) == (operator == "in")
    if "!=" in text:
        key, _, value = text.partition("!=")
        return lambda one: _labels(one).get(key.strip()) != value.strip()
    if "=" in text:
        key, _, value = text.replace("==", "=").partition("=")
        return lambda one: _labels(one).get(key.strip()) == value.strip()
    if " " in text or "(" in text:
        raise bad_request(f"unable to parse requirement: {text!r}")
    if text.startswith("!"):
        return lambda one: text[1:] not in _labels(one)
    return lambda one: text in _labels(one)


def _field(text: str) -> Matches:
    key, _, value = text.replace("==", "=").partition("=")
    unlike = key.endswith("!")
    read = _FIELDS.get(key.rstrip("!"))
    if read is None:
        raise bad_request(f"field label not supported: {key.rstrip('!')}")
    return lambda one: (read(one) == value) != unlike


def _labels(one: Object) -> dict[str, str]:
    return one["metadata"].get("labels") or {}
