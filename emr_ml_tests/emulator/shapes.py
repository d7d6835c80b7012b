"""Parameters against botocore's own model of the API, as strict as the service itself."""

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from emr_ml_tests.emulator.wire import AwsError, invalid


@lru_cache
def model() -> ServiceModel:
    return botocore.session.Session().get_service_model("emr")


def check(operation: str, parameters: dict[str, Any]) -> None:
    """Raises ValidationException for a parameter that the model does not have."""
    if operation not in model().operation_names:
        raise AwsError("UnknownOperationException", f"EMR has no operation {operation}")
    shape = model().operation_model(operation).input_shape
    if shape:
        _check(shape, parameters, "")


def _check(shape: Shape, value: Any, where: str) -> None:
    match shape:
        case StructureShape():
            _check_structure(shape, value, where)
        case ListShape():
            if not isinstance(value, list):
                raise invalid(f"{where} is not a list")
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownArgumentType]
                _check(shape.member, item, f"{where}.{index + 1}.member")
        case MapShape():
            if not isinstance(value, dict):
                raise invalid(f"{where} is not a map")
            for item in value.values():
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


def _check_string(shape: StringShape, value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise AwsError("SerializationException", f"{where} is not a string")
    if shape.enum and value not in shape.enum:
        raise invalid(
            f"1 validation error detected: Value '{value}' at '{where}' failed to satisfy "
            f"constraint: Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        )
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10_280)
    if not low <= len(value) <= high:
        raise invalid(
            f"1 validation error detected: Value at '{where}' failed to satisfy constraint: "
            f"Member must have length between {low} and {high}, and it has {len(value)}"
        )


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
