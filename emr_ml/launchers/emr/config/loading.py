"""Load the cluster configuration from its four sources, and name the source of each mistake."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.config.validation import FIELDS_OF_OVERRIDES
from emr_ml.launchers.remote.configuration import FieldPath, LocatedFields
from emr_ml.launchers.remote.configuration import error_lines as lines_of
from emr_ml.launchers.remote.releases import why_no_spark
from emr_ml.launchers.remote.target import TargetConfigError
from emr_ml.settings import Settings


class ClusterConfigError(TargetConfigError):
    """The cluster configuration can't be used: one line for each mistake, with its location."""


def load_cluster_config(settings: Settings) -> ClusterConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources override earlier ones: the stack, the file, single fields from the environment,
    settings.

    Raises:
        ClusterConfigError: one line for each mistake, with its location.
    """
    try:
        fields = gather_fields(settings)
    except TargetConfigError as error:
        raise ClusterConfigError(str(error)) from error

    def origin(path: FieldPath) -> str:
        for emr_name, name in FIELDS_OF_OVERRIDES.items():
            if path == (name,) and ("overrides", emr_name) in fields.origins:
                return fields.origins["overrides", emr_name]
        return fields.origin(path)

    try:
        return ClusterConfig.model_validate(fields.values)
    except ValidationError as error:
        lines = error_lines(error, _release_label(fields), origin)
        raise ClusterConfigError("\n".join(lines)) from error


def gather_fields(settings: Settings) -> LocatedFields:
    """Merge the fields of the stack, the file, single variables, and settings of their own.

    Raises:
        TargetConfigError: the file is missing, is not YAML, or is not a mapping.
    """
    fields = LocatedFields("cluster configuration", "EMR_ML_CLUSTER")
    fields.add(settings.stack_fields.get("cluster", {}), f"stack {settings.stack}")
    if settings.cluster:
        folder = settings.cluster.rpartition("/")[0]
        fields.add_file(settings.cluster, lambda values: _with_absolute_scripts(values, folder))
    here = str(Path.cwd())
    fields.add_variables(
        settings.cluster_fields, lambda values: _with_absolute_scripts(values, here)
    )
    fields.add_settings(
        idle_timeout_seconds=settings.idle_timeout_seconds,
        step_limit_seconds=settings.step_limit_seconds,
    )
    if settings.cluster_scope is not None:
        fields.add({"scope": settings.cluster_scope}, "EMR_ML_CLUSTER_SCOPE")
    return fields


def error_lines(
    error: ValidationError, label: Any, origin: Callable[[FieldPath], str]
) -> Iterator[str]:
    """Yield `<location>: <field>: <problem>` for each mistake, in the order of the fields.

    Args:
        error: of a configuration.
        label: its release, if it has one.
        origin: the location of a field.
    """
    # no Spark was given, and it does not follow from the release
    missing = any(each["loc"] == ("spark",) and each["input"] == "" for each in error.errors())
    for line in lines_of(error, ClusterConfig, origin):
        if missing and ": spark: " in line:
            yield f"{origin(('release_label',))}: release_label: {why_no_spark(str(label))}"
        else:
            yield line


def _release_label(fields: LocatedFields) -> Any:
    overrides = fields.values.get("overrides")
    overridden = overrides.get("ReleaseLabel") if isinstance(overrides, dict) else None
    return overridden or fields.values.get("release_label")


def _with_absolute_scripts(values: dict[str, Any], folder: str) -> dict[str, Any]:
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
