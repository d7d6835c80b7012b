"""The configuration of EMR Serverless: the application, the sizes of workers, logs and limits."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field
from pydantic import model_validator as validator

from emr_ml.launchers.remote.configuration import (
    ConfigModel,
    LocatedFields,
    Mistake,
    VerbatimText,
)
from emr_ml.launchers.remote.job_run_config import (
    Count,
    JobRunConfig,
    Positive,
    Price,
    load_job_run_config,
)
from emr_ml.launchers.remote.releases import DEFAULT_RELEASE
from emr_ml.settings import Settings

# AWS's guide "Worker configurations": for each number of vCPUs, least and most GB and their step
MEMORY_OF = {1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}
FREE_DISK_GB, MAX_DISK_GB = 20, 200
# of a worker's memory, the service keeps for what is outside the heap: a tenth of the heap, but at
# least so many megabytes
OVERHEAD_FACTOR, LEAST_OVERHEAD_MB = 0.1, 384
MAX_TAGS = 200
OF_NEW_APPLICATIONS = {
    *("image", "idle_minutes", "initial_capacity", "maximum_capacity"),
    *("subnets", "security_groups"),
}


class Worker(ConfigModel):
    """The size of a worker: vCPUs, GB of memory in all, GB of disk."""

    cores: Literal[1, 2, 4, 8, 16] = 4
    memory_gb: Positive = 16
    disk_gb: Annotated[int, Field(strict=True, ge=FREE_DISK_GB, le=MAX_DISK_GB)] = FREE_DISK_GB

    @validator(mode="after")
    def _check_memory(self) -> Self:
        least, most, step = MEMORY_OF[self.cores]
        if not least <= self.memory_gb <= most or (self.memory_gb - least) % step:
            raise ValueError(
                f"a worker of {self.cores} vCPUs has {least} to {most} GB of memory in steps of "
                f"{step}, not {self.memory_gb}"
            )
        return self

    @property
    def heap_megabytes(self) -> int:
        """The largest heap with which Spark's overhead still fits into the worker's memory."""
        megabytes = self.memory_gb * 1024
        return min(int(megabytes / (1 + OVERHEAD_FACTOR)), megabytes - LEAST_OVERHEAD_MB)


class Executors(Worker):
    """The size of an executor, and how many there may be; Spark's dynamic allocation decides."""

    minimum: Count = 0
    initial: Count = 2
    maximum: Positive = 10

    @validator(mode="after")
    def _check_bounds(self) -> Self:
        if not self.minimum <= self.initial <= self.maximum:
            raise ValueError(
                f"minimum ({self.minimum}), initial ({self.initial}) and maximum ({self.maximum}) "
                "should not decrease"
            )
        return self


class InitialCapacity(ConfigModel):
    """Workers that are ready, and cost money, as long as the application is started."""

    drivers: Count = 0
    executors: Count = 0


class MaximumCapacity(ConfigModel):
    """What all workers of the application may have together."""

    cores: Positive
    memory_gb: Positive
    disk_gb: Positive | None = None


class ListPrices(ConfigModel):
    """USD for an hour of a vCPU, of a GB of memory, and of a GB of disk beyond the free 20."""

    vcpu_hour: Price
    memory_gb_hour: Price
    storage_gb_hour: Price


class ServerlessConfig(JobRunConfig):
    """The configuration of a deployment; docs/emr-serverless.md explains each field."""

    own_tag: ClassVar[str] = "serverless"

    release_label: str = Field(default=DEFAULT_RELEASE, pattern=r"^emr-[a-z0-9.-]+$")
    application_id: str | None = Field(default=None, pattern=r"^[0-9a-z]{1,64}$")
    application_name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._/#-]{1,64}$")
    idle_minutes: Annotated[Count, Field(ge=1, le=10_080)] = 5
    initial_capacity: InitialCapacity = InitialCapacity()
    maximum_capacity: MaximumCapacity | None = None
    subnets: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-zA-Z]+$")], ...] = Field(
        default=(), max_length=16
    )
    security_groups: tuple[Annotated[str, Field(pattern=r"^sg-[0-9a-zA-Z]+$")], ...] = Field(
        default=(), max_length=5
    )
    driver: Worker = Worker()
    executors: Executors = Executors()
    tags: dict[str, VerbatimText] = Field(default_factory=dict[str, str], max_length=MAX_TAGS - 1)
    prices: ListPrices | None = None

    def mistakes(self) -> Iterator[Mistake]:
        yield from super().mistakes()
        if bool(self.subnets) != bool(self.security_groups):
            name = "security_groups" if self.subnets else "subnets"
            yield (name,), "is missing: workers in a network need subnets and security_groups"
        yield from _capacity_mistakes(self)
        yield from _application_mistakes(self)

    @property
    def timeout_minutes(self) -> int:
        """The time limit in whole minutes, as the API has it, rounded up."""
        return -(-self.step_limit_seconds // 60)


def load_serverless_config(settings: Settings) -> ServerlessConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources override earlier ones: the stack, the file, single fields from the environment,
    settings.

    Raises:
        TargetConfigError: one line for each mistake, with its location.
    """
    fields = LocatedFields("configuration of EMR Serverless", "EMR_ML_SERVERLESS")
    fields.add(settings.stack_fields.get("serverless", {}), f"stack {settings.stack}")
    return load_job_run_config(
        ServerlessConfig,
        fields,
        settings.serverless,
        settings.serverless_fields,
        settings.step_limit_seconds,
    )


def _capacity_mistakes(config: ServerlessConfig) -> Iterator[Mistake]:
    if config.initial_capacity.executors and not config.initial_capacity.drivers:
        yield ("initial_capacity", "drivers"), "is 0: executors that are ready wait for a driver"
    limit = config.maximum_capacity
    for name in ("cores", "memory_gb") if limit else ():
        least = getattr(config.driver, name) + getattr(config.executors, name)
        if getattr(limit, name) < least:
            yield (
                ("maximum_capacity", name),
                f"is less than the {least} of a driver and one executor",
            )


def _application_mistakes(config: ServerlessConfig) -> Iterator[Mistake]:
    if config.application_id is None:
        return
    if config.application_name:
        yield ("application_name",), "names an application besides application_id: give one of them"
    # what another made is used as it is
    for name in sorted(OF_NEW_APPLICATIONS & config.model_fields_set):
        yield (name,), "can't be changed in the application of application_id: leave it out"
