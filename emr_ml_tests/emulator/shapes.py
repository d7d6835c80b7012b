"""Parameters against botocore's own models of the APIs, as strict as the services themselves."""

import re
from collections.abc import Sized
from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from emr_ml_tests.emulator.world import AwsError, invalid

LONGEST = 10_280  # of a string whose model has no limit


@lru_cache
def model(service: str) -> ServiceModel:
    """The model of a service by its name in boto3."""
    return botocore.session.Session().get_service_model(service)


def check(operation: str, parameters: dict[str, Any], service: str = "emr") -> None:
    """Raises ValidationException for a parameter that the model does not have."""
    if operation not in model(service).operation_names:
        raise AwsError("UnknownOperationException", f"{service} has no operation {operation}")
    shape = model(service).operation_model(operation).input_shape
    if shape:
        _check(shape, parameters, "")


def _check(shape: Shape, value: Any, where: str) -> None:
    match shape:
        case StructureShape():
            _check_structure(shape, value, where)
        case ListShape():
            if not isinstance(value, list):
                raise invalid(f"{where} is not a list")
            _check_size(shape, value, where, "items")
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType] - any list
                _check(shape.member, item, f"{where}.{index + 1}.member")
        case MapShape():
            if not isinstance(value, dict):
                raise invalid(f"{where} is not a map")
            _check_size(shape, value, where, "entries")
            for key, item in value.items():
                _check(shape.key, key, f"{where}.key")
                _check(shape.value, item, where)
        case StringShape():
            _check_string(shape, value, where)
        case _:
            _check_scalar(shape, value, where)


def _check_structure(shape: StructureShape, value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise invalid(f"{where or 'the request'} is not a structure")
    given: dict[str, Any] = value
    for name in shape.required_members:
        if name not in given:
            raise invalid(
                f"1 validation error detected: Value at '{where}{name}' failed to satisfy "
                "constraint: Member must not be null"
            )
    for name, item in given.items():
        if name not in shape.members:
            raise AwsError("SerializationException", f"there is no {where}{name}")
        if item is not None:
            _check(shape.members[name], item, f"{where}.{name}" if where else name)


def _check_size(
    shape: Shape, value: Sized, where: str, of: str, high: float = float("inf")
) -> None:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", high)
    if not low <= len(value) <= high:
        raise invalid(
            f"1 validation error detected: Value at '{where}' failed to satisfy constraint: "
            f"Member must have length between {low} and {high}, and it has {len(value)} {of}"
        )


def _check_string(shape: StringShape, value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise AwsError("SerializationException", f"{where} is not a string")
    if shape.enum and value not in shape.enum:
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        )
    _check_size(shape, value, where, "characters", LONGEST)
    pattern = _compiled(shape.metadata.get("pattern", ""))
    if pattern and not pattern.fullmatch(value):
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: {pattern.pattern}"
        )


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern of the model; None if there is none, or it has Java's surrogates in a class."""
    if not pattern or "\\uD800" in pattern:
        return None
    return re.compile(pattern)


def _check_scalar(shape: Shape, value: Any, where: str) -> None:
    kinds: dict[str, tuple[type, ...]] = {
        "boolean": (bool,),
        "integer": (int,),
        "long": (int,),
        "double": (int, float),
        "float": (int, float),
        "timestamp": (int, float, str),
    }
    wanted = kinds.get(shape.type_name, (object,))
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise AwsError("SerializationException", f"{where} is not of type {shape.type_name}")
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy "
            f"constraint: Member must be between {low} and {high}"
        )
