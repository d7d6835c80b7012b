"""A target's configuration from its sources: a file, single variables, and settings.

Each value keeps its origin, so that a mistake is reported with its file, line and column, or with
its variable.
"""

import copy
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from emr_ml.aws.client import CALL_ERRORS
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.located_yaml import VerbatimFloat, VerbatimInteger, YamlError, parse
from emr_ml.wording import did_you_mean, unknown_key
from spark_jobs.runtime.lake import open_lake

# names of fields and indexes of lists, from the outside in
FieldPath = tuple[str, ...]
# where a mistake is, and what is wrong there
Mistake = tuple[FieldPath, str]
# the user chooses the keys below these fields, so they keep the case of the variable's name
USER_KEYED_FIELDS = ("overrides", "spark_conf", "tags")


class ConfigModel(BaseModel):
    """A part of a configuration: immutable, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _text_as_written(value: Any) -> Any:
    """Return the text of a value that YAML took for a number or a truth value."""
    match value:
        case bool():
            return str(value).lower()
        case VerbatimInteger() | VerbatimFloat():
            return value.text
        case int() | float():
            return str(value)
        case _:
            return value


VerbatimText = Annotated[str, BeforeValidator(_text_as_written)]

# Spark's own pattern (spark.redaction.regex) without what only has such a word in its name, and
# S3A's and AWS's names of keys
SECRET_WORDS = r"secret(?!BitLength)|passw|token(?!s|iz|Conf)|access[._-]?key"  # noqa: S105 - a pattern
SECRET_NAME = re.compile(SECRET_WORDS, re.IGNORECASE)
# the id of an AWS key; an option such as -Djavax.net.ssl.keyStorePassword=…; a presigned address
SECRET_VALUE = re.compile(rf"\b(AKIA|ASIA)[A-Z0-9]{{16}}\b|(?i:{SECRET_WORDS}|signature)[\w.-]*=")


# of values before they are merged; their positions stay
Change = Callable[[dict[str, Any]], dict[str, Any]]
Model = TypeVar("Model", bound=ConfigModel)


@dataclass
class LocatedFields:
    """Values of fields, and the file position or variable that each comes from.

    Args:
        title: what they configure, for messages, such as `cluster configuration`.
        variable: the environment variable that names the file.
    """

    title: str
    variable: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[FieldPath, str] = field(default_factory=dict[FieldPath, str])

    def add(self, values: Mapping[str, Any], origin: str) -> None:
        """Merge values, which all come from one place, over those of earlier sources."""
        paths = [path for path in _paths_within((), values) if path]
        self._merge(values, dict.fromkeys(paths, origin))

    def add_file(self, address: str, change: Change = copy.copy) -> None:
        """Merge the fields of a YAML file.

        Args:
            address: path or `s3://` address.
            change: is applied to the values, whose positions stay.

        Raises:
            TargetConfigError: the file is missing, is not YAML, or is not a mapping.
        """
        values, positions = self._read(address)
        located = {path: f"{address}:{line}:{column}" for path, (line, column) in positions.items()}
        self._merge(change(values), located)

    def add_variables(self, fields: Mapping[str, Any], change: Change = copy.copy) -> None:
        """Merge single fields, named by the ends of their variables, such as `CORE__ON_DEMAND`."""
        # shorter names first: a variable for a part counts more than one for the whole
        for name in sorted(fields, key=lambda name: (name.count("__"), name)):
            first, *others = name.split("__")
            keys_are_free = first.lower() in USER_KEYED_FIELDS
            path = (first.lower(), *(each if keys_are_free else each.lower() for each in others))
            nested = fields[name]
            for key in reversed(path):
                nested = {key: nested}
            variable = f"{self.variable}__{name.upper() if name.islower() else name}"
            paths = _paths_within(path, fields[name])
            self._merge(change(nested), dict.fromkeys(paths, variable))

    def add_settings(self, **settings: Any) -> None:
        """Merge settings with variables of their own, such as `EMR_ML_STEP_LIMIT_SECONDS`."""
        for name, value in settings.items():
            if value is not None:
                self.add({name: value}, f"EMR_ML_{name.upper()}")

    def origin(self, path: FieldPath) -> str:
        """Return where a value comes from, or else where the value around it comes from."""
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, self.title)

    def _merge(self, values: Mapping[str, Any], origins: Mapping[FieldPath, str]) -> None:
        self.values = merged(self.values, values)
        self.origins |= origins

    def _read(self, address: str) -> tuple[dict[str, Any], dict[FieldPath, tuple[int, int]]]:
        """Return the values of a file, and line and column of each."""
        folder, slash, name = address.rpartition("/")
        try:
            stored = open_lake(folder or slash).read(name) if name else None
        except OSError as error:
            raise TargetConfigError(
                f"{address} can't be read: {error}: check {self.variable}"
            ) from error
        except CALL_ERRORS as error:
            raise TargetConfigError(
                f"{address} can't be read: {diagnose(error)}; check {self.variable}, too"
            ) from error
        if stored is None:
            raise TargetConfigError(f"there is no {self.title} at {address}: check {self.variable}")
        try:
            value, positions = parse(stored.body.decode("utf-8", errors="replace"))
        except YamlError as error:
            raise TargetConfigError(f"{address}:{error}") from error
        if not isinstance(value, dict | None):
            raise TargetConfigError(
                f"{address}:1:1: should be a mapping, from names of fields to values"
            )
        return value or {}, positions


def is_secret(key: str, value: str) -> bool:
    """Return True if a Spark property holds a secret, by its name or by its value.

    Properties end up where others can read them: in arguments of processes, in descriptions of
    jobs, and in ConfigMaps.
    """
    # these name a Secret of Kubernetes, and are none
    names_a_secret = key.startswith("spark.kubernetes.") and ".secret" in key
    is_named_so = SECRET_NAME.search(key) is not None and not names_a_secret
    return is_named_so or SECRET_VALUE.search(value) is not None


def log_address(log_uri: str | None, lake: str) -> str:
    """Return where EMR writes the logs of jobs that use this lake: `s3://…/`."""
    return (log_uri or f"{lake}/logs").rstrip("/") + "/"


def merged(base: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Merge mappings key by key at all depths; for all other values, the override counts."""
    result = copy.deepcopy(dict(base))
    for key, value in overrides.items():
        present = result.get(key)
        if isinstance(present, dict) and isinstance(value, Mapping):
            result[key] = merged(present, value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def _paths_within(path: FieldPath, value: Any) -> list[FieldPath]:
    """Return the path of a value, and the paths of everything in it."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    inner = [p for key, item in items for p in _paths_within((*path, str(key)), item)]
    return [path, *inner]


def load_config(
    model: type[Model],
    fields: LocatedFields,
    address: str | None,
    variables: Mapping[str, Any],
    step_limit_seconds: int | None,
) -> Model:
    """Load a configuration; what is given nowhere has its default.

    Later sources override earlier ones: what `fields` has, the file, single variables, settings.

    Args:
        model: of the configuration.
        fields: values from other sources, if there are any.
        address: path or `s3://` address of the file, or None.
        variables: single fields, by the ends of their variables.
        step_limit_seconds: the setting of all targets that has a name of its own.

    Raises:
        TargetConfigError: one line for each mistake, with its location.
    """
    if address:
        fields.add_file(address)
    fields.add_variables(variables)
    fields.add_settings(step_limit_seconds=step_limit_seconds)
    try:
        return model.model_validate(fields.values)
    except ValidationError as error:
        lines = error_lines(error, model, fields.origin)
        raise TargetConfigError("\n".join(lines)) from error


# plain English for pydantic's types of errors
ERROR_MESSAGES = {
    "tuple_type": "should be a list, such as [a, b]",
    "dict_type": "should be a mapping, such as {a: b}",
    "int_type": "should be a whole number",
    "float_type": "should be a number",
    "string_type": "should be text",
    "model_type": "should be a mapping, such as {a: b}",
    "missing": "is missing",
}


def error_lines(
    error: ValidationError, model: type[BaseModel], origin: Callable[[FieldPath], str]
) -> Iterator[str]:
    """Yield `<location>: <field>: <problem>` for each mistake, in the order of the fields.

    Args:
        error: of a configuration.
        model: of that configuration.
        origin: the location of a field.
    """
    for details in error.errors():
        path = tuple(str(part) for part in details["loc"])
        default = [((), _problem(dict(details), model))]
        for inner, problem in details.get("ctx", {}).get("mistakes", default):
            full_path = (*path, *inner)
            name = ".".join(full_path)
            yield f"{origin(full_path)}: {name + ': ' if name else ''}{problem}"


def _problem(details: Mapping[str, Any], model: type[BaseModel]) -> str:
    """Return what is wrong, from the details of one of pydantic's errors."""
    value, path, kind = details["input"], details["loc"], details["type"]
    message = ERROR_MESSAGES.get(kind) or str(details["msg"]).removeprefix("Value error, ")
    match kind:
        case "extra_forbidden":
            return unknown_key(str(path[-1]), _known_keys(model, path[:-1]))
        case "literal_error":
            choices = re.findall(r"[^\s',]+", details["ctx"]["expected"].replace(" or ", " "))
            hint = did_you_mean(str(value), choices)
            return f"should be {' or '.join(choices)}, not {value!r}{hint}"
        case "string_pattern_mismatch":
            return f"should match {details['ctx']['pattern']}, not {value!r}"
        case "too_long":
            return f"should have at most {details['ctx']['max_length']} entries, not {len(value)}"
        case "missing" | "value_error":
            return message
        case _:
            return f"{message.removeprefix('Input ')}, not {reprlib.repr(value)}"


def _known_keys(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that a configuration may have at a path."""
    for part in path:
        if isinstance(part, int):
            continue
        fields = {each.alias or name: each for name, each in model.model_fields.items()}
        inner = _inner_model(fields[part].annotation) if part in fields else None
        if inner is None:
            return []
        model = inner
    return [each.alias or name for name, each in model.model_fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    """Return the model inside a field's type, such as a tuple or an optional one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_inner_model, get_args(annotation))), None)
