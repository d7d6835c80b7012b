"""Check requests against AWS's own descriptions of its APIs, in botocore; nothing is called."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

from emr_ml.launchers.remote.configuration import FieldPath, Mistake
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.wording import did_you_mean

SCALAR_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
}


def mistakes(
    operation: str, parameters: Any, *, partial: bool = False, service: str = "emr"
) -> Iterator[Mistake]:
    """Yield the path and the problem of each value that EMR's API does not accept.

    Args:
        operation: such as `RunJobFlow`.
        parameters: its parameters.
        partial: for overrides: fields may be missing, and null may stand for any value.
        service: that has the operation, by its name in botocore.
    """
    return _shape_mistakes(_input_shape(service, operation), parameters, (), partial)


def format_mistakes(found: Iterable[Mistake]) -> list[str]:
    """Return one line for each mistake."""
    return [f"{'.'.join(path)}: {problem}" if path else problem for path, problem in found]


def check_request(operation: str, request: Any, subject: str, service: str) -> None:
    """Check a request before it is sent.

    Args:
        operation: such as `StartJobRun`.
        request: its parameters.
        subject: what it is about, for the message.
        service: name of the service in boto3.

    Raises:
        TargetConfigError: one line for each value that the service does not accept.
    """
    if problems := format_mistakes(mistakes(operation, request, service=service)):
        raise TargetConfigError("\n".join(f"{subject}: {problem}" for problem in problems))


@cache
def _input_shape(service: str, operation: str) -> Shape:
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    shape = model.operation_model(operation).input_shape
    assert shape, operation
    return shape


def _shape_mistakes(shape: Shape, value: Any, path: FieldPath, partial: bool) -> Iterator[Mistake]:
    if value is None and partial:
        return
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            yield from _structure_mistakes(shape, value, path, partial)
        case MapShape() if isinstance(value, Mapping):
            for key, item in value.items():
                yield from _shape_mistakes(shape.value, item, (*path, str(key)), partial)
        case ListShape() if isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                # null removes a field, but it can't remove an entry of a list
                item_partial = partial and item is not None
                yield from _shape_mistakes(shape.member, item, (*path, str(index)), item_partial)
        case StructureShape() | MapShape():
            yield path, f"should be a mapping, not {value!r}"
        case ListShape():
            yield path, f"should be a list, not {value!r}"
        case _:
            yield from ((path, problem) for problem in _scalar_problems(shape, value))


def _structure_mistakes(
    shape: StructureShape, value: Mapping[str, Any], path: FieldPath, partial: bool
) -> Iterator[Mistake]:
    members: Mapping[str, Shape] = shape.members
    for name, item in value.items():
        if name in members:
            yield from _shape_mistakes(members[name], item, (*path, str(name)), partial)
        else:
            hint = did_you_mean(str(name), members) or f": known are {', '.join(members)}"
            yield (*path, str(name)), f"EMR's API has no such field{hint}"
    for name in shape.required_members if not partial else ():
        if name not in value:
            yield path, f"{name} is missing"


def _scalar_problems(shape: Shape, value: Any) -> Iterator[str]:
    types = SCALAR_TYPES[shape.type_name]
    # in Python, bool is a kind of int
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield f"should be of type {shape.type_name}, not {value!r}"
    elif isinstance(shape, StringShape) and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            hint = did_you_mean(value, shape.enum)
            yield f"should be one of {', '.join(shape.enum)}, not {value!r}{hint}"
        yield from _text_problems(shape.metadata, value)
    elif isinstance(value, (int, float)) and value < shape.metadata.get("min", value):
        yield f"should be at least {shape.metadata['min']}, not {value!r}"
    elif isinstance(value, (int, float)) and value > shape.metadata.get("max", value):
        yield f"should be at most {shape.metadata['max']}, not {value!r}"


def _text_problems(limits: Mapping[str, Any], value: str) -> Iterator[str]:
    shortest, longest = limits.get("min", 0), limits.get("max", len(value))
    if not shortest <= len(value) <= longest:
        yield f"should have {shortest} to {longest} characters, not {len(value)}"
    # EMR's patterns are Java's, which writes characters beyond 16 bits as surrogate pairs
    elif re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", value) and "pattern" in limits:
        yield f"should have no control characters: {value!r}"
