"""Requests held against EMR's own description of its API, which botocore brings along."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

Place = tuple[str, ...]
Mistake = tuple[Place, str]

SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
}


def mistakes(operation: str, parameters: Any, *, partial: bool = False) -> Iterator[Mistake]:
    """The place and the kind of each value that EMR's API has no use for; it is not called.

    With `partial`, fields may be missing and null stands for any value: so overrides are written.
    """
    return _mistakes(_input(operation), parameters, (), partial)


def in_words(found: Iterable[Mistake]) -> list[str]:
    """One line for each mistake."""
    return [f"{'.'.join(place)}: {what}" if place else what for place, what in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to put behind an error message; empty where nothing is alike."""
    by_letters = {"".join(filter(str.isalnum, name)).lower(): name for name in known}
    letters = "".join(filter(str.isalnum, word)).lower()
    alike = difflib.get_close_matches(letters, by_letters, n=1)
    return f": did you mean {by_letters[alike[0]]}?" if alike else ""


@cache
def _input(operation: str) -> Shape:
    model = ServiceModel(Loader().load_service_model("emr", "service-2"), "emr")
    shape = model.operation_model(operation).input_shape
    assert shape, operation
    return shape


def _mistakes(shape: Shape, value: Any, place: Place, partial: bool) -> Iterator[Mistake]:
    if value is None and partial:
        return
    match shape:
        case StructureShape() if isinstance(value, Mapping):
            yield from _of_fields(shape, value, place, partial)
        case MapShape() if isinstance(value, Mapping):
            for key, part in value.items():
                yield from _mistakes(shape.value, part, (*place, str(key)), partial)
        case ListShape() if isinstance(value, (list, tuple)):
            for index, part in enumerate(value):
                # null stands for a field that is to go, which an entry of a list is not
                hollow = partial and part is not None
                yield from _mistakes(shape.member, part, (*place, str(index)), hollow)
        case StructureShape() | MapShape():
            yield place, f"should be a mapping, not {value!r}"
        case ListShape():
            yield place, f"should be a list, not {value!r}"
        case _:
            yield from ((place, what) for what in _of_scalar(shape, value))


def _of_fields(
    shape: StructureShape, value: Mapping[str, Any], place: Place, partial: bool
) -> Iterator[Mistake]:
    members: Mapping[str, Shape] = shape.members
    for name, part in value.items():
        if name in members:
            yield from _mistakes(members[name], part, (*place, str(name)), partial)
        else:
            guess = did_you_mean(str(name), members) or f": known are {', '.join(members)}"
            yield (*place, str(name)), f"EMR's API has no such field{guess}"
    for name in shape.required_members if not partial else ():
        if name not in value:
            yield place, f"{name} is missing"


def _of_scalar(shape: Shape, value: Any) -> Iterator[str]:
    kinds = SCALARS[shape.type_name]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield f"should be of type {shape.type_name}, not {value!r}"
    elif isinstance(shape, StringShape) and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            guess = did_you_mean(value, shape.enum)
            yield f"should be one of {', '.join(shape.enum)}, not {value!r}{guess}"
        yield from _of_text(shape.metadata, value)
    elif isinstance(value, (int, float)) and value < shape.metadata.get("min", value):
        yield f"should be at least {shape.metadata['min']}, not {value!r}"
    elif isinstance(value, (int, float)) and value > shape.metadata.get("max", value):
        yield f"should be at most {shape.metadata['max']}, not {value!r}"


def _of_text(limits: Mapping[str, Any], value: str) -> Iterator[str]:
    shortest, longest = limits.get("min", 0), limits.get("max", len(value))
    if not shortest <= len(value) <= longest:
        yield f"should have {shortest} to {longest} characters, not {len(value)}"
    # the patterns are Java's, which writes characters beyond 16 bits as pairs
    elif re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", value) and "pattern" in limits:
        yield f"should have no control characters: {value!r}"
