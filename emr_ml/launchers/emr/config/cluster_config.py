"""The cluster configuration: what a cluster is made of, and how long it may cost money."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError

from emr_ml.launchers.emr.config.cluster_checks import RELEASES, check, lifted, notes
from emr_ml.launchers.emr.config.cluster_mistakes import lines
from emr_ml.launchers.emr.config.cluster_parts import (
    Configuration,
    Core,
    ManagedScaling,
    Name,
    Part,
    Primary,
    SecurityGroups,
    Task,
    UserBootstrapAction,
    Whole,
    Written,
)
from emr_ml.launchers.emr.config.cluster_sources import ClusterConfigError, gather
from emr_ml.settings import Settings

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
        raise ClusterConfigError("\n".join(lines(error, ClusterConfig, given.origin))) from error
