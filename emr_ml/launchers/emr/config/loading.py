"""Load the cluster configuration from its four sources, and name the source of each mistake."""

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from emr_ml.aws.client import CALL_ERRORS
from emr_ml.aws.problems import diagnose
from emr_ml.launchers.emr.config.merging import merged
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.config.releases import why_no_spark
from emr_ml.launchers.emr.config.service_model import FieldPath
from emr_ml.launchers.emr.config.validation import FIELDS_OF_OVERRIDES
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.located_yaml import YamlError, parse
from emr_ml.settings import CLUSTER_FIELD, Settings
from emr_ml.ui.wording import did_you_mean, unknown_key
from spark_jobs.runtime.lake import open_lake

# the user chooses the keys below these fields, so they keep the case of the variable's name
USER_KEYED_FIELDS = ("overrides", "spark_conf", "tags")
# fields with a setting of their own
SETTING_VARIABLES = {
    "idle_timeout_seconds": "EMR_ML_IDLE_TIMEOUT_SECONDS",
    "step_limit_seconds": "EMR_ML_STEP_LIMIT_SECONDS",
    "scope": "EMR_ML_CLUSTER_SCOPE",
}


class ClusterConfigError(TargetConfigError):
    """The cluster configuration can't be used: one line for each mistake, with its location."""


def load_cluster_config(settings: Settings) -> ClusterConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources count more: the stack, the file, single fields from the environment, settings.

    Raises:
        ClusterConfigError: one line for each mistake, with its location.
    """
    fields = gather_fields(settings)
    try:
        return ClusterConfig.model_validate(fields.values)
    except ValidationError as error:
        lines = error_lines(error, fields.release_label, fields.origin)
        raise ClusterConfigError("\n".join(lines)) from error


@dataclass
class LocatedFields:
    """Values of fields, and the file position or variable that each comes from."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    origins: dict[FieldPath, str] = field(default_factory=dict[FieldPath, str])

    @property
    def release_label(self) -> Any:
        overrides = self.values.get("overrides")
        overridden = overrides.get("ReleaseLabel") if isinstance(overrides, dict) else None
        return overridden or self.values.get("release_label")

    def add(self, values: Mapping[str, Any], origins: Mapping[FieldPath, str]) -> None:
        """Merge values over those of earlier sources."""
        self.values = merged(self.values, values)
        self.origins |= origins

    def origin(self, path: FieldPath) -> str:
        """Return where a value comes from, or else where the value around it comes from."""
        for emr_name, name in FIELDS_OF_OVERRIDES.items():
            if path == (name,) and ("overrides", emr_name) in self.origins:
                return self.origins["overrides", emr_name]
        while path and path not in self.origins:
            path = path[:-1]
        return self.origins.get(path, "cluster configuration")


def gather_fields(settings: Settings) -> LocatedFields:
    """Merge the fields of the stack, the file, single variables, and settings of their own.

    Raises:
        ClusterConfigError: the file is missing, is not YAML, or is not a mapping.
    """
    fields = LocatedFields()
    if settings.stack_fields:
        paths = [path for path in _paths_within((), settings.stack_fields) if path]
        fields.add(settings.stack_fields, dict.fromkeys(paths, f"stack {settings.stack}"))
    if settings.cluster:
        values, positions = _read_file(settings.cluster)
        folder = settings.cluster.rpartition("/")[0]
        origins = {
            path: f"{settings.cluster}:{line}:{column}"
            for path, (line, column) in positions.items()
        }
        fields.add(_with_absolute_scripts(values, folder), origins)
    # shorter names first: a variable for a part counts more than one for the whole
    for name in sorted(settings.cluster_fields, key=lambda name: (name.count("__"), name)):
        _add_variable(fields, name, settings.cluster_fields[name])
    own_settings = {
        "idle_timeout_seconds": settings.idle_timeout_seconds,
        "step_limit_seconds": settings.step_limit_seconds,
        "scope": settings.cluster_scope,
    }
    for name, value in own_settings.items():
        if value is not None:
            fields.add({name: value}, {(name,): SETTING_VARIABLES[name]})
    return fields


def _add_variable(fields: LocatedFields, name: str, value: Any) -> None:
    """Add one field, named by the end of its variable, such as `CORE__ON_DEMAND`."""
    first, *others = name.split("__")
    keys_are_free = first.lower() in USER_KEYED_FIELDS
    keys = others if keys_are_free else [other.lower() for other in others]
    path = (first.lower(), *keys)
    nested = value
    for key in reversed(path):
        nested = {key: nested}
    variable = CLUSTER_FIELD + (name.upper() if name.islower() else name)
    fields.add(
        _with_absolute_scripts(nested, str(Path.cwd())),
        dict.fromkeys(_paths_within(path, value), variable),
    )


def _paths_within(path: FieldPath, value: Any) -> list[FieldPath]:
    """Return the path of a value, and the paths of everything in it."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    inner = [p for key, item in items for p in _paths_within((*path, str(key)), item)]
    return [path, *inner]


def _read_file(address: str) -> tuple[dict[str, Any], dict[FieldPath, tuple[int, int]]]:
    """Return the values of a file, and line and column of each."""
    folder, slash, name = address.rpartition("/")
    try:
        stored = open_lake(folder or slash).read(name) if name else None
    except OSError as error:
        raise ClusterConfigError(
            f"{address} can't be read: {error}: check EMR_ML_CLUSTER"
        ) from error
    except CALL_ERRORS as error:
        raise ClusterConfigError(
            f"{address} can't be read: {diagnose(error)}; check EMR_ML_CLUSTER, too"
        ) from error
    if stored is None:
        raise ClusterConfigError(
            f"there is no cluster configuration at {address}: check EMR_ML_CLUSTER"
        )
    try:
        value, positions = parse(stored.body.decode("utf-8", errors="replace"))
    except YamlError as error:
        raise ClusterConfigError(f"{address}:{error}") from error
    if not isinstance(value, dict | None):
        raise ClusterConfigError(
            f"{address}:1:1: should be a mapping, with keys such as `core` and `subnets`"
        )
    return value or {}, positions


def _with_absolute_scripts(values: Mapping[str, Any], folder: str) -> Mapping[str, Any]:
    """Make paths of bootstrap actions' scripts absolute; they are relative to the folder."""
    actions = values.get("bootstrap_actions")
    if not isinstance(actions, list):
        return values

    def with_absolute_path(action: Any) -> Any:
        path = action.get("path") if isinstance(action, dict) else None
        if not isinstance(path, str) or not path or "://" in path:
            return action
        path = str(Path(path).expanduser())
        return {**action, "path": path if path.startswith("/") else f"{folder}/{path}"}

    return {**values, "bootstrap_actions": [with_absolute_path(action) for action in actions]}


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
    error: ValidationError, label: Any, origin: Callable[[FieldPath], str]
) -> Iterator[str]:
    """Yield `<location>: <field>: <problem>` for each mistake, in the order of the fields.

    Args:
        error: of a configuration.
        label: its release, if it has one.
        origin: the location of a field.
    """
    for details in error.errors():
        path = tuple(str(part) for part in details["loc"])
        if path == ("spark",) and details["input"] == "":
            # no Spark was given, and it does not follow from the release
            yield f"{origin(('release_label',))}: release_label: {why_no_spark(str(label))}"
            continue
        default = [((), _problem(dict(details), ClusterConfig))]
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
