"""The cluster configuration: what a cluster is made of, and how long it may cost money."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError

from emr_ml.launchers.emr.config.loading import ClusterConfigError, gather, mistake_lines
from emr_ml.launchers.emr.config.validation import RELEASES, check, lifted, notes
from emr_ml.located_yaml import VerbatimFloat, VerbatimInteger
from emr_ml.settings import Settings

MOST_TYPES = 30  # in a fleet that has an allocation strategy, as ours have


def _as_written(value: Any) -> Any:
    """Properties and tags are text, though in YAML they look like numbers and truth values."""
    match value:
        case bool():
            return str(value).lower()
        case VerbatimInteger() | VerbatimFloat():
            return value.text
        case int() | float():
            return str(value)
        case _:
            return value


Written = Annotated[str, BeforeValidator(_as_written)]
Whole = Annotated[int, Field(strict=True, ge=0)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
SpotStrategy = Literal[
    "price-capacity-optimized",
    "capacity-optimized",
    "capacity-optimized-prioritized",
    "lowest-price",
    "diversified",
]


class Part(BaseModel):
    """Frozen, and with no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class InstanceType(Part):
    """A type of EC2 instance; `weight` is the number of the fleet's units that it counts for."""

    type: str = Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")
    weight: Annotated[Whole, Field(ge=1, le=999)] = 1
    priority: Annotated[float, Field(strict=True, ge=0)] | None = None


def _short_type(value: Any) -> Any:
    """`m5.xlarge` is short for `{type: m5.xlarge}`."""
    return {"type": value} if isinstance(value, str) else value


def types(*names: str) -> tuple[InstanceType, ...]:
    """Each type with a weight of 1."""
    return tuple(InstanceType(type=name) for name in names)


Types = tuple[Annotated[InstanceType, BeforeValidator(_short_type)], ...]


class Fleet(Part):
    """Instances of one role. Capacities are in units; a type counts for one unless weighted.

    `max_price_percent` is the highest price for spot, in percent of on-demand.
    """

    # 4 vCPU and 16 GiB each, so that what is sized for one suits the others
    instance_types: Types = types("m6i.xlarge", "m5.xlarge", "m6a.xlarge")
    on_demand: Whole = 0
    spot: Whole = 0
    allocation_strategy: SpotStrategy = "price-capacity-optimized"
    max_price_percent: Annotated[float, Field(strict=True, gt=0, le=1000)] = 100.0
    spot_timeout_minutes: Annotated[Whole, Field(ge=5, le=1440)] = 10
    spot_timeout_action: Literal["SWITCH_TO_ON_DEMAND", "TERMINATE_CLUSTER"] = "SWITCH_TO_ON_DEMAND"

    @validator(mode="after")
    def _each_type_once(self) -> Self:
        names = [each.type for each in self.instance_types]
        if not 1 <= len(names) <= MOST_TYPES:
            raise ValueError(f"instance_types has 1 to {MOST_TYPES} types, not {len(names)}")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"instance_types has {', '.join(twice)} twice")
        return self

    @property
    def units(self) -> int:
        return self.on_demand + self.spot


class Primary(Fleet):
    """The node that drivers run on."""

    on_demand: Whole = 1


class Core(Fleet):
    """The nodes that hold HDFS."""

    on_demand: Whole = 1


class Task(Fleet):
    """The nodes that only compute: losing one costs time and no result."""

    instance_types: Types = types(
        *("m6i.xlarge", "m5.xlarge", "m6a.xlarge", "m5a.xlarge", "m7i.xlarge", "m5d.xlarge")
    )
    spot: Whole = 2


class ManagedScaling(Part):
    """EMR changes the number of core and task units between two bounds.

    `max_on_demand` and `max_core` bound how many of them are on demand, and core. With
    `utilization_index`, from 1 (save) to 100 (hurry), scaling is EMR's advanced one.
    """

    minimum: Annotated[Whole, Field(ge=1)]
    maximum: Annotated[Whole, Field(ge=1)]
    max_on_demand: Whole | None = None
    max_core: Annotated[Whole, Field(ge=1)] | None = None
    utilization_index: Literal[1, 25, 50, 75, 100] | None = None

    @validator(mode="after")
    def _bounded(self) -> Self:
        for name in ("minimum", "max_on_demand", "max_core"):
            if (getattr(self, name) or 0) > self.maximum:
                raise ValueError(f"{name} is above maximum, which is {self.maximum}")
        return self


Group = Annotated[str, Field(pattern=r"^sg-[0-9a-zA-Z]+$")]


class SecurityGroups(Part):
    """Instead of the groups that EMR makes: of the primary, and of core and task nodes."""

    primary: Group | None = None
    core: Group | None = None
    service_access: Group | None = None
    additional_primary: tuple[Group, ...] = ()
    additional_core: tuple[Group, ...] = ()

    @validator(mode="after")
    def _whole(self) -> Self:
        if (self.primary is None) != (self.core is None):
            raise ValueError("primary and core are given both or not at all")
        if self.service_access and not self.primary:
            raise ValueError("service_access goes with primary and core: give them too")
        return self


class Configuration(Part):
    """An entry of EMR's configurations, in EMR's own words."""

    classification: str = Field(alias="Classification", min_length=1)
    properties: dict[str, Written] = Field(alias="Properties", default_factory=dict[str, str])
    configurations: tuple["Configuration", ...] = Field(alias="Configurations", default=())

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


class UserBootstrapAction(Part):
    """A script that every node runs before ours: in S3, or a file here, which gets uploaded."""

    name: Name
    path: str = Field(pattern=r"^(s3://[^/]+/.+|/.+)$")
    args: tuple[Written, ...] = ()


__all__ = ["ClusterConfig", "ClusterConfigError", "load_cluster_config"]

Role = Annotated[str, Field(pattern=r"^(arn:aws[a-z-]*:iam::\d{12}:[a-z-]+/)?[\w+=,.@/-]{1,128}$")]
Amount = Annotated[float, Field(strict=True, gt=0)]

SHORTEST_IDLE_SECONDS = 60  # EMR's own limit


class ClusterConfig(Part):
    """Everything about the clusters of a deployment; docs/emr.md tells what each field is for."""

    release_label: str = Field(default="emr-spark-8.1.0", pattern=r"^emr-[a-z0-9.-]+$")
    spark: str = Field(default=RELEASES["emr-spark-8.1.0"], pattern=r"^\d+\.\d+\.\d+$")
    python: str | None = Field(default=None, pattern=r"^[\w./-]+$")

    primary: Primary = Primary()
    core: Core = Core()
    task: Task = Task()
    managed_scaling: ManagedScaling | None = None
    step_concurrency: Annotated[Whole, Field(ge=1, le=256)] = 1
    driver_memory_gb: Annotated[Whole, Field(ge=1)] | None = None
    root_volume_gb: Annotated[Whole, Field(ge=10, le=16384)] | None = None

    subnets: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-zA-Z]+$")], ...] = ()
    security_groups: SecurityGroups = SecurityGroups()
    security_configuration: Name | None = None
    service_role: Role = "EMR_DefaultRole"
    instance_profile: Role = "EMR_EC2_DefaultRole"
    runtime_role: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")] | None = (
        None
    )

    configurations: tuple[Configuration, ...] = ()
    spark_conf: dict[str, Written] = Field(default_factory=dict[str, str])
    bootstrap_actions: tuple[UserBootstrapAction, ...] = Field(default=(), max_length=15)
    packages: Literal["index", "wheelhouse"] = "index"
    log_uri: str | None = Field(default=None, pattern=r"^s3://[^/]+(/.*)?$")
    tags: dict[str, Written] = Field(default_factory=dict[str, str], max_length=47)

    idle_timeout_seconds: Annotated[Whole, Field(ge=SHORTEST_IDLE_SECONDS, le=604_800)] = 300
    step_limit_seconds: Annotated[Whole, Field(ge=1)] = 21_600
    start_limit_seconds: Annotated[Whole, Field(ge=1)] = 3_600
    max_age_hours: Amount = 24.0
    scope: Literal["shared", "run"] = "shared"
    overrides: dict[str, Any] = Field(default_factory=dict[str, Any])

    @validator(mode="before")
    @classmethod
    def _derived(cls, value: Any) -> Any:
        return lifted(value) if isinstance(value, dict) else value

    @validator(mode="after")
    def _consistent(self) -> Self:
        if found := list(check(self)):
            raise PydanticCustomError("cluster", "is inconsistent", {"mistakes": found})
        return self

    @property
    def is_transient(self) -> bool:
        """Whether a cluster is to go with its work: its own run's, or idle as short as EMR can."""
        return self.scope == "run" or self.idle_timeout_seconds <= SHORTEST_IDLE_SECONDS

    def log_address(self, lake: str) -> str:
        """Where EMR puts logs of clusters that work on that lake: `s3://…/`."""
        return (self.log_uri or f"{lake}/logs").rstrip("/") + "/"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is allowed, but worth a line before money is spent."""
        return tuple(notes(self))


def load_cluster_config(settings: Settings) -> ClusterConfig:
    """The configuration: defaults, below the file, below single fields from the environment.

    Raises:
        ClusterConfigError: a line for each mistake, with the place that it stands in.
    """
    given = gather(settings)
    try:
        return ClusterConfig.model_validate(given.values)
    except ValidationError as error:
        raise ClusterConfigError(
            "\n".join(mistake_lines(error, ClusterConfig, given.origin))
        ) from error
