"""The cluster configuration: what a cluster consists of, and how long it may cost money."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError

from emr_ml.launchers.emr.config.validation import (
    MIN_IDLE_SECONDS,
    check,
    derive_fields,
    notes,
)
from emr_ml.launchers.remote.configuration import ConfigModel, VerbatimText, log_address
from emr_ml.launchers.remote.releases import DEFAULT_RELEASE, RELEASES

MAX_TYPES = 30  # EMR's limit for a fleet with an allocation strategy, as all fleets here have

Count = Annotated[int, Field(strict=True, ge=0)]
PositiveNumber = Annotated[float, Field(strict=True, gt=0)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
RoleName = Annotated[
    str, Field(pattern=r"^(arn:aws[a-z-]*:iam::\d{12}:[a-z-]+/)?[\w+=,.@/-]{1,128}$")
]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-zA-Z]+$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-zA-Z]+$")]
SpotStrategy = Literal[
    "price-capacity-optimized",
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "lowest-price",
    "diversified",
]


class InstanceType(ConfigModel):
    """A type of EC2 instance; `weight` is the number of the fleet's units that it provides."""

    type: str = Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")
    weight: Annotated[Count, Field(ge=1, le=999)] = 1
    priority: Annotated[float, Field(strict=True, ge=0)] | None = None


def _expand_type(value: Any) -> Any:
    """Expand `m5.xlarge`, which is short for `{type: m5.xlarge}`."""
    return {"type": value} if isinstance(value, str) else value


def _types(*names: str) -> tuple[InstanceType, ...]:
    return tuple(InstanceType(type=name) for name in names)


InstanceTypes = tuple[Annotated[InstanceType, BeforeValidator(_expand_type)], ...]


class Fleet(ConfigModel):
    """The instances of one role. Capacities are in units; a type provides one unit by default.

    `max_price_percent` is the highest price for spot, in percent of on-demand.
    """

    # 4 vCPU and 16 GiB each, so executors sized for one type fit on the others
    instance_types: InstanceTypes = _types("m6i.xlarge", "m5.xlarge", "m6a.xlarge")
    on_demand: Count = 0
    spot: Count = 0
    allocation_strategy: SpotStrategy = "price-capacity-optimized"
    max_price_percent: Annotated[float, Field(strict=True, gt=0, le=1000)] = 100.0
    spot_timeout_minutes: Annotated[Count, Field(ge=5, le=1440)] = 10
    spot_timeout_action: Literal["SWITCH_TO_ON_DEMAND", "TERMINATE_CLUSTER"] = "SWITCH_TO_ON_DEMAND"

    @validator(mode="after")
    def _check_types(self) -> Self:
        names = [each.type for each in self.instance_types]
        if not 1 <= len(names) <= MAX_TYPES:
            raise ValueError(f"instance_types has 1 to {MAX_TYPES} types, not {len(names)}")
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"instance_types has {', '.join(repeated)} twice")
        return self

    @property
    def units(self) -> int:
        return self.on_demand + self.spot


class Primary(Fleet):
    """The node on which drivers run."""

    on_demand: Count = 1


class Core(Fleet):
    """The nodes that hold HDFS."""

    on_demand: Count = 1


class Task(Fleet):
    """The nodes that only compute: losing one costs time, but no result."""

    instance_types: InstanceTypes = _types(
        *("m6i.xlarge", "m5.xlarge", "m6a.xlarge", "m5a.xlarge", "m7i.xlarge", "m5d.xlarge")
    )
    spot: Count = 2


class ManagedScaling(ConfigModel):
    """EMR's managed scaling of the number of core and task units, within two bounds.

    `max_on_demand` and `max_core` bound the units that are on demand, and core. With
    `utilization_index`, from 1 (cheap) to 100 (fast), EMR uses its advanced scaling.
    """

    minimum: Annotated[Count, Field(ge=1)]
    maximum: Annotated[Count, Field(ge=1)]
    max_on_demand: Count | None = None
    max_core: Annotated[Count, Field(ge=1)] | None = None
    utilization_index: Literal[1, 25, 50, 75, 100] | None = None

    @validator(mode="after")
    def _check_bounds(self) -> Self:
        for name in ("minimum", "max_on_demand", "max_core"):
            if (getattr(self, name) or 0) > self.maximum:
                raise ValueError(f"{name} is above maximum, which is {self.maximum}")
        return self


class SecurityGroups(ConfigModel):
    """Security groups instead of those that EMR creates; `core` also applies to task nodes."""

    primary: SecurityGroupId | None = None
    core: SecurityGroupId | None = None
    service_access: SecurityGroupId | None = None
    additional_primary: tuple[SecurityGroupId, ...] = ()
    additional_core: tuple[SecurityGroupId, ...] = ()

    @validator(mode="after")
    def _check_complete(self) -> Self:
        if (self.primary is None) != (self.core is None):
            raise ValueError("primary and core must be given together, or not at all")
        if self.service_access and not self.primary:
            raise ValueError("service_access needs primary and core: give them too")
        return self


class Configuration(ConfigModel):
    """An entry of EMR's configurations, with EMR's own keys."""

    classification: str = Field(alias="Classification", min_length=1)
    properties: dict[str, VerbatimText] = Field(alias="Properties", default_factory=dict[str, str])
    configurations: tuple["Configuration", ...] = Field(alias="Configurations", default=())

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class UserBootstrapAction(ConfigModel):
    """A script that every node runs before emr_ml's own: on S3, or a local file to upload."""

    name: Name
    path: str = Field(pattern=r"^(s3://[^/]+/.+|/.+)$")
    args: tuple[VerbatimText, ...] = ()


class ClusterConfig(ConfigModel):
    """The configuration of a deployment's clusters; docs/emr.md explains each field."""

    release_label: str = Field(default=DEFAULT_RELEASE, pattern=r"^emr-[a-z0-9.-]+$")
    spark: str = Field(default=RELEASES[DEFAULT_RELEASE], pattern=r"^\d+\.\d+\.\d+$")
    python: str | None = Field(default=None, pattern=r"^[\w./-]+$")

    primary: Primary = Primary()
    core: Core = Core()
    task: Task = Task()
    managed_scaling: ManagedScaling | None = None
    step_concurrency: Annotated[Count, Field(ge=1, le=256)] = 1
    driver_memory_gb: Annotated[Count, Field(ge=1)] | None = None
    root_volume_gb: Annotated[Count, Field(ge=10, le=16384)] | None = None

    subnets: tuple[SubnetId, ...] = ()
    security_groups: SecurityGroups = SecurityGroups()
    security_configuration: Name | None = None
    service_role: RoleName = "EMR_DefaultRole"
    instance_profile: RoleName = "EMR_EC2_DefaultRole"
    runtime_role: RoleArn | None = None

    configurations: tuple[Configuration, ...] = ()
    spark_conf: dict[str, VerbatimText] = Field(default_factory=dict[str, str])
    bootstrap_actions: tuple[UserBootstrapAction, ...] = Field(default=(), max_length=15)
    packages: Literal["index", "wheelhouse"] = "index"
    log_uri: str | None = Field(default=None, pattern=r"^s3://[^/]+(/.*)?$")
    tags: dict[str, VerbatimText] = Field(default_factory=dict[str, str], max_length=47)

    idle_timeout_seconds: Annotated[Count, Field(ge=MIN_IDLE_SECONDS, le=604_800)] = 300
    step_limit_seconds: Annotated[Count, Field(ge=1)] = 21_600
    start_limit_seconds: Annotated[Count, Field(ge=1)] = 3_600
    max_age_hours: PositiveNumber = 24.0
    scope: Literal["shared", "run"] = "shared"
    overrides: dict[str, Any] = Field(default_factory=dict[str, Any])

    @validator(mode="before")
    @classmethod
    def _derive(cls, value: Any) -> Any:
        return derive_fields(value) if isinstance(value, dict) else value

    @validator(mode="after")
    def _check(self) -> Self:
        if found := list(check(self)):
            raise PydanticCustomError("cluster", "is inconsistent", {"mistakes": found})
        return self

    @property
    def is_transient(self) -> bool:
        """Whether a cluster should end with its last run, rather than stay warm for the next.

        It stays warm for an idle timeout that somebody has asked for.
        """
        keeps_warm = "idle_timeout_seconds" in self.model_fields_set
        is_short = self.idle_timeout_seconds <= MIN_IDLE_SECONDS
        return self.scope == "run" or is_short or not keeps_warm

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on what is valid but seldom intended, to show before money is spent."""
        return tuple(notes(self))

    def log_address(self, lake: str) -> str:
        """Return where EMR copies the logs of clusters that use this lake: `s3://…/`."""
        return log_address(self.log_uri, lake)
