"""The configuration of EMR on EKS: the virtual cluster, the sizes of pods, logs and limits."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Field
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError

from emr_ml.launchers.remote.configuration import (
    ConfigModel,
    LocatedFields,
    VerbatimText,
    load_config,
)
from emr_ml.launchers.remote.releases import DEFAULT_RELEASE, RELEASES, SPARK_OF
from emr_ml.launchers.remote.service_model import Mistake
from emr_ml.settings import Settings

# of a pod's memory, what is outside of Spark's heap, as a share of the heap: Python is
OVERHEAD_FACTOR = 0.25
LATEST = "-latest"  # the newest image of a release
OWN_TAG = "emr-ml"

Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]


class Pod(ConfigModel):
    """The size of a pod: cores, and GB of memory in all."""

    cores: Positive = 2
    memory_gb: Positive = 8

    @property
    def heap_megabytes(self) -> int:
        return int(self.memory_gb * 1024 / (1 + OVERHEAD_FACTOR))


class Executors(Pod):
    """The size of an executor's pod, and how many there are."""

    count: Positive = 2


class EksConfig(ConfigModel):
    """The configuration of a deployment; docs/emr-eks.md explains each field."""

    execution_role: str = Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")
    virtual_cluster_id: str | None = Field(default=None, pattern=r"^[0-9a-z]{1,64}$")
    virtual_cluster_name: str | None = Field(default=None, pattern=r"^[.\-_/#A-Za-z0-9]{1,64}$")
    release_label: str = Field(
        default=DEFAULT_RELEASE + LATEST, pattern=r"^emr-[a-z0-9.-]+-(latest|\d{8})$"
    )
    spark: str = Field(default=RELEASES[DEFAULT_RELEASE], pattern=r"^\d+\.\d+\.\d+$")
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    image: str | None = Field(default=None, min_length=1)
    packages: Literal["archive", "image"] = "archive"
    driver: Pod = Pod()
    executors: Executors = Executors()
    spark_conf: dict[str, VerbatimText] = Field(default_factory=dict[str, str])
    log_uri: str | None = Field(default=None, pattern=r"^s3://[^/]+(/.*)?$")
    log_group: str | None = Field(default=None, pattern=r"^[.\-_/#A-Za-z0-9]{1,512}$")
    tags: dict[str, VerbatimText] = Field(default_factory=dict[str, str], max_length=49)
    step_limit_seconds: Positive = 21_600
    start_limit_seconds: Positive = 3_600

    @validator(mode="before")
    @classmethod
    def _derive(cls, value: Any) -> Any:
        """Fill in what follows from other fields: the Spark of a release, packages of an image."""
        if not isinstance(value, dict):
            return value
        label = _release(str(value.get("release_label", DEFAULT_RELEASE)))
        derived = {"spark": SPARK_OF.get(label, "")}  # if it is empty, the user must give it
        if value.get("image"):
            derived["packages"] = "image"
        return derived | value

    @validator(mode="after")
    def _check(self) -> Self:
        if found := list(_mistakes(self)):
            raise PydanticCustomError("eks", "is inconsistent", {"mistakes": found})
        return self

    @property
    def arch(self) -> str:
        """The architecture as names of Python wheels have it."""
        return {"X86_64": "x86_64", "ARM64": "aarch64"}[self.architecture]

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, OWN_TAG: "eks"}

    def log_address(self, lake: str) -> str:
        """Return where EMR writes the logs of jobs that use this lake: `s3://…/`."""
        return (self.log_uri or f"{lake}/logs").rstrip("/") + "/"


def load_eks_config(settings: Settings) -> EksConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources count more: the file, single fields from the environment, settings.

    Raises:
        TargetConfigError: one line for each mistake, with its location.
    """
    return load_config(
        EksConfig,
        LocatedFields("configuration of EMR on EKS", "EMR_ML_EKS"),
        settings.eks,
        settings.eks_fields,
        settings.step_limit_seconds,
    )


def _release(label: str) -> str:
    """Return the release without `-latest` or the date of an image."""
    release, _, last = label.rpartition("-")
    return release if last == "latest" or (last.isdigit() and len(last) == 8) else label


def _mistakes(config: EksConfig) -> Iterator[Mistake]:
    """Yield the path and the problem of each field that does not fit the others."""
    if bool(config.virtual_cluster_id) == bool(config.virtual_cluster_name):
        yield (
            ("virtual_cluster_id",),
            "give either it or virtual_cluster_name, such as EMR_ML_EKS__VIRTUAL_CLUSTER_NAME",
        )
    spark = SPARK_OF.get(_release(config.release_label), config.spark)
    if spark != config.spark:
        yield ("spark",), f"{config.release_label} has Spark {spark}, not {config.spark}"
    if config.image and config.packages == "archive":
        yield ("packages",), "is archive, but an image has its own packages: leave it out"
