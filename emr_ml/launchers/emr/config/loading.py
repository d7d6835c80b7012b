"""Where the fields of a cluster configuration come from, and where a mistake is."""

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ValidationError

from emr_ml.errors import UserError
from emr_ml.launchers.emr.config.merging import merged
from emr_ml.launchers.emr.config.service_model import did_you_mean
from emr_ml.launchers.emr.config.validation import LIFTED, RELEASES
from emr_ml.located_yaml import YamlError, parse
from emr_ml.settings import CLUSTER_FIELD, Settings
from spark_jobs.runtime.lake import open_lake

Place = tuple[str, ...]

# in these, keys are what the user names them, so they keep the case of a variable's name
FREE = ("overrides", "spark_conf", "tags")
# settings with a variable of their own
SETTING_VARIABLES = {
    "idle_timeout_seconds": "EMR_ML_IDLE_TIMEOUT_SECONDS",
    "step_limit_seconds": "EMR_ML_STEP_LIMIT_SECONDS",
    "scope": "EMR_ML_CLUSTER_SCOPE",
}


class ClusterConfigError(UserError):
    """The cluster configuration can't be used: one line for each mistake, with its place."""


@dataclass
class WrittenFields:
    """Fields as they were written, and where."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[Place, str] = field(default_factory=dict[Place, str])

    def add(self, values: Mapping[str, Any], origins: Mapping[Place, str]) -> None:
        """Lay values over those that are here already."""
        self.values = merged(self.values, values)
        self.origins |= origins

    def origin(self, place: Place) -> str:
        """Where a value was written, or else what is around it."""
        for emr_name, name in LIFTED.items():
            if place == (name,) and ("overrides", emr_name) in self.origins:
                return self.origins["overrides", emr_name]
        while place and place not in self.origins:
            place = place[:-1]
        return self.origins.get(place, "cluster configuration")


def gather(settings: Settings) -> WrittenFields:
    """The stack, above it the file, single fields, and the settings with their own variables.

    Raises:
        ClusterConfigError: the file is not there, is not YAML or is no mapping.
    """
    given = WrittenFields()
    if settings.stack_fields:
        places = (place for place in _within((), settings.stack_fields) if place)
        given.add(settings.stack_fields, dict.fromkeys(places, f"stack {settings.stack}"))
    if settings.cluster:
        values, places = _read(settings.cluster)
        where = {
            place: f"{settings.cluster}:{line}:{column}" for place, (line, column) in places.items()
        }
        given.add(_with_absolute_paths(values, settings.cluster.rpartition("/")[0]), where)
    # shorter names first: what is said of a part counts more than what is said of the whole
    for name in sorted(settings.cluster_fields, key=lambda name: (name.count("__"), name)):
        place = _field_path(name)
        value = nested = settings.cluster_fields[name]
        for key in reversed(place):
            nested = {key: nested}
        variable = CLUSTER_FIELD + name.upper() if name.islower() else CLUSTER_FIELD + name
        given.add(
            _with_absolute_paths(nested, str(Path.cwd())),
            dict.fromkeys(_within(place, value), variable),
        )
    settings_of = {
        "idle_timeout_seconds": settings.idle_timeout_seconds,
        "step_limit_seconds": settings.step_limit_seconds,
        "scope": settings.cluster_scope,
    }
    for key, value in settings_of.items():
        if value is not None:
            given.add({key: value}, {(key,): SETTING_VARIABLES[key]})
    return given


def _field_path(name: str) -> Place:
    first, *others = name.split("__")
    keys = others if first.lower() in FREE else [other.lower() for other in others]
    return (first.lower(), *keys)


def _within(place: Place, value: Any) -> list[Place]:
    """The place and all places in it."""
    parts: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    return [place, *(p for key, part in parts for p in _within((*place, str(key)), part))]


def _read(address: str) -> tuple[dict[str, Any], dict[Place, tuple[int, int]]]:
    folder, slash, name = address.rpartition("/")
    try:
        stored = open_lake(folder or slash).read(name) if name else None
    except (OSError, ClientError, BotoCoreError) as error:
        raise ClusterConfigError(
            f"{address} can't be read: {error}: check EMR_ML_CLUSTER"
        ) from error
    if stored is None:
        raise ClusterConfigError(
            f"there is no cluster configuration at {address}: check EMR_ML_CLUSTER"
        )
    try:
        value, places = parse(stored.body.decode("utf-8", errors="replace"))
    except YamlError as error:
        raise ClusterConfigError(f"{address}:{error}") from error
    if not isinstance(value, dict | None):
        raise ClusterConfigError(
            f"{address}:1:1: a cluster configuration has keys such as `core` and `subnets`"
        )
    return value or {}, places


def _with_absolute_paths(values: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    """Bootstrap actions' scripts lie in that folder, unless their paths say otherwise."""
    actions = values.get("bootstrap_actions")
    if not isinstance(actions, list):
        return values

    def absolute(action: Any) -> Any:
        path = action.get("path") if isinstance(action, dict) else None
        if not isinstance(path, str) or not path or "://" in path:
            return action
        path = str(Path(path).expanduser())
        return {**action, "path": path if path.startswith("/") else f"{folder}/{path}"}

    return {**values, "bootstrap_actions": [absolute(action) for action in actions]}


PLAIN_MESSAGES = {
    "tuple_type": "should be a list, such as [a, b]",
    "dict_type": "should be a mapping, such as {a: b}",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "string_type": "should be text",
    "model_type": "should be a mapping, such as {a: b}",
    "missing": "is missing",
    "extra_forbidden": "there is no such key",
}


def mistake_lines(
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
    what = PLAIN_MESSAGES.get(kind) or str(problem["msg"]).removeprefix("Value error, ")
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
