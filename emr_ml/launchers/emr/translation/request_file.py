"""A file with a RunJobFlow request, or with a described cluster, and its translation."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from emr_ml.launchers.emr.config.loading import ClusterConfigError, error_lines
from emr_ml.launchers.emr.config.merging import without_nulls
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.emr.translation import command
from emr_ml.launchers.emr.translation.described import ATTRIBUTES, request_of
from emr_ml.launchers.emr.translation.translator import RENAMED, translate
from emr_ml.launchers.remote.service_model import FieldPath, mistakes
from emr_ml.located_yaml import Positions, YamlError, parse
from emr_ml.wording import did_you_mean

# where the fields of a configuration come from, if they only have another name
SOURCES: dict[str, FieldPath] = {
    **{ours: (name,) for name, ours in RENAMED.items()},
    "release_label": ("ReleaseLabel",),
    "log_uri": ("LogUri",),
    "tags": ("Tags",),
    "bootstrap_actions": ("BootstrapActions",),
    "step_concurrency": ("StepConcurrencyLevel",),
    "idle_timeout_seconds": ("AutoTerminationPolicy",),
    "managed_scaling": ("ManagedScalingPolicy",),
    "subnets": ("Instances", "Ec2SubnetIds"),
    "overrides": (),
}
DESCRIBED = "Cluster"  # the only key of DescribeCluster's answer
PYTHON_HINT = (
    "; if it is Python, such as Airflow's JOB_FLOW_OVERRIDES, write it with json.dumps first"
)


@dataclass(frozen=True)
class TranslatedFile:
    """The YAML of a cluster configuration, and a line for everything left out or changed."""

    text: str
    remarks: tuple[str, ...]


def translate_file(name: str, text: str) -> TranslatedFile:
    """Return the cluster configuration for the request in a file.

    Args:
        name: of the file, for messages.
        text: JSON with the parameters of RunJobFlow, or what `aws emr describe-cluster` prints, or
            a command `aws emr create-cluster`.

    Raises:
        ClusterConfigError: one line for each mistake, with file, line and column.
    """
    file = _File(name, *_parse(name, text))
    request = file.request()
    # null is no value of the API, but stands for none
    complete = without_nulls({"Name": "", "Instances": {}, **request})
    found = list(mistakes("RunJobFlow", request, partial=True))
    if found := found or list(mistakes("RunJobFlow", complete)):
        lines = (f"{file.location(path)}: {'.'.join(path)}: {why}" for path, why in found)
        raise ClusterConfigError("\n".join(lines))
    result = translate(request)
    try:
        ClusterConfig.model_validate(result.fields)
    except ValidationError as error:
        lines = error_lines(error, result.fields.get("release_label"), file.origin)
        raise ClusterConfigError("\n".join(lines)) from error
    remarks = (
        f"{file.location(remark.path)}: {'.'.join(remark.path)}: {remark.text}"
        for remark in result.remarks
    )
    return TranslatedFile(yaml.safe_dump(result.fields, sort_keys=False), tuple(remarks))


@dataclass(frozen=True)
class _File:
    """A parsed file, and the line and column of each of its values; of a command, the first."""

    name: str
    value: Mapping[str, Any]
    positions: Positions

    @property
    def is_description(self) -> bool:
        return isinstance(self.value.get(DESCRIBED), dict)

    def request(self) -> Mapping[str, Any]:
        """Return the request that the file has or describes."""
        if not self.is_description:
            return self.value
        cluster = self.value[DESCRIBED]
        if found := list(self._unknown_attributes(cluster)):
            raise ClusterConfigError("\n".join(found))
        try:
            return request_of(cluster)
        except (AttributeError, TypeError) as error:
            raise ClusterConfigError(
                f"{self.name}:1:1: is not what `aws emr describe-cluster` prints: {error}"
            ) from error

    def location(self, path: FieldPath) -> str:
        """Return file, line and column of a field of the request, or of what is around it."""
        if self.is_description:
            path = (DESCRIBED, *path)
        while path not in self.positions:
            path = path[:-1]
        line, column = self.positions[path]
        return f"{self.name}:{line}:{column}"

    def origin(self, path: FieldPath) -> str:
        """Return where a field of the configuration comes from."""
        first, *others = path or ("",)
        return self.location((*SOURCES.get(first, ("Instances",)), *others))

    def _unknown_attributes(self, cluster: Mapping[str, Any]) -> Iterator[str]:
        for name in cluster:
            if name not in ATTRIBUTES:
                hint = did_you_mean(name, ATTRIBUTES)
                yield f"{self.location((name,))}: {name}: a cluster has no such attribute{hint}"


def _parse(name: str, text: str) -> tuple[Mapping[str, Any], Positions]:
    if command.is_command(text):
        try:
            return command.request_of(text), {(): (1, 1)}
        except ValueError as error:
            raise ClusterConfigError(f"{name}:1:1: {error}") from error
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        hint = PYTHON_HINT if any(word in text for word in ("True", "False", "'")) else ""
        raise ClusterConfigError(
            f"{name}:{error.lineno}:{error.colno}: is not JSON: {error.msg}{hint}"
        ) from error
    except RecursionError as error:
        raise ClusterConfigError(f"{name}:1:1: is nested too deeply") from error
    if not isinstance(value, dict):
        raise ClusterConfigError(
            f"{name}:1:1: should be an object with the parameters of RunJobFlow, or with the "
            f"attribute {DESCRIBED}, as `aws emr describe-cluster` prints it"
        )
    try:
        # JSON is YAML, apart from tabs between its tokens; within a text it has none
        return value, parse(text.replace("\t", " "))[1]
    except YamlError as error:
        raise ClusterConfigError(f"{name}:{error}") from error
