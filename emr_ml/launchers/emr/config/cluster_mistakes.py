"""Mistakes in a cluster configuration, told where they stand."""

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from emr_ml.launchers.emr.config.cluster_checks import RELEASES
from emr_ml.launchers.emr.config.service_model import did_you_mean

Place = tuple[str, ...]
PLAIN = {
    "tuple_type": "should be a list, such as [a, b]",
    "dict_type": "should be a mapping, such as {a: b}",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "string_type": "should be text",
    "model_type": "should be a mapping, such as {a: b}",
    "missing": "is missing",
    "extra_forbidden": "there is no such key",
}


def lines(
    error: ValidationError, model: type[BaseModel], origin: Callable[[Place], str]
) -> Iterator[str]:
    """`<where>: <field>: <what is wrong>` for each mistake, in the order of the fields."""
    for problem in error.errors():
        around = tuple(str(part) for part in problem["loc"])
        if around == ("spark",) and problem["input"] == "":
            around = ("release_label",)
        found = problem.get("ctx", {}).get("mistakes", [((), _plain(dict(problem), model))])
        for place, what in found:
            whole = (*around, *place)
            name = ".".join(whole)
            yield f"{origin(whole)}: {name + ': ' if name else ''}{what}"


def _plain(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    given, place, kind = problem["input"], problem["loc"], problem["type"]
    what = PLAIN.get(kind) or str(problem["msg"]).removeprefix("Value error, ")
    if place == ("spark",) and given == "":
        what = "it is not known which Spark this has: say it, as in spark: 4.1.1; known are "
        what += ", ".join(RELEASES)
    elif kind == "extra_forbidden":
        keys = _keys(model, place[:-1])
        what += did_you_mean(str(place[-1]), keys) or f": known are {', '.join(keys)}"
    elif kind == "literal_error":
        words = re.findall(r"[^\s',]+", problem["ctx"]["expected"].replace(" or ", " "))
        guess = did_you_mean(str(given), words)
        what = f"should be {' or '.join(words)}, not {given!r}{guess}"
    elif kind == "string_pattern_mismatch":
        what = f"{given!r} does not look like one, which matches {problem['ctx']['pattern']}"
    elif kind == "too_long":
        what = f"should have at most {problem['ctx']['max_length']} entries, not {len(given)}"
    elif kind not in ("missing", "value_error"):
        what = f"{what.removeprefix('Input ')}, not {reprlib.repr(given)}"
    return what


def _keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that a configuration may have in a place."""
    for part in place:
        if isinstance(part, int):
            continue
        named = {field.alias or name: field for name, field in model.model_fields.items()}
        inner = _model(named[part].annotation) if part in named else None
        if inner is None:
            return []
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def _model(annotation: Any) -> type[BaseModel] | None:
    """The part that a field's type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)
