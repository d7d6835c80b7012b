"""The configuration of EMR on EKS: the virtual cluster, the sizes of pods, logs and limits."""

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from emr_ml.launchers.remote.configuration import (
    ConfigModel,
    LocatedFields,
    Mistake,
    VerbatimText,
)
from emr_ml.launchers.remote.job_run_config import (
    JobRunConfig,
    Positive,
    Price,
    load_job_run_config,
)
from emr_ml.launchers.remote.releases import DEFAULT_RELEASE
from emr_ml.settings import Settings

# of a pod's memory, what is outside of Spark's heap, as a share of the heap: Python is
OVERHEAD_FACTOR = 0.25
LATEST = "-latest"  # the newest image of a release
MAX_TAGS = 50


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


class FeePrices(ConfigModel):
    """EMR's fee in USD for an hour of a vCPU and of a GB of memory; nodes are billed besides."""

    vcpu_hour: Price
    memory_gb_hour: Price


class EksConfig(JobRunConfig):
    """The configuration of a deployment; docs/emr-eks.md explains each field."""

    own_tag: ClassVar[str] = "eks"

    release_label: str = Field(
        default=DEFAULT_RELEASE + LATEST, pattern=r"^emr-[a-z0-9.-]+-(latest|\d{8})$"
    )
    virtual_cluster_id: str | None = Field(default=None, pattern=r"^[0-9a-z]{1,64}$")
    virtual_cluster_name: str | None = Field(default=None, pattern=r"^[.\-_/#A-Za-z0-9]{1,64}$")
    driver: Pod = Pod()
    executors: Executors = Executors()
    tags: dict[str, VerbatimText] = Field(default_factory=dict[str, str], max_length=MAX_TAGS - 1)
    start_limit_seconds: Positive = 3_600
    prices: FeePrices | None = None

    @classmethod
    def release_of(cls, label: str) -> str:
        """Return the release without `-latest` or the date of an image."""
        release, _, last = label.rpartition("-")
        return release if last == "latest" or (last.isdigit() and len(last) == 8) else label

    def mistakes(self) -> Iterator[Mistake]:
        if bool(self.virtual_cluster_id) == bool(self.virtual_cluster_name):
            yield (
                ("virtual_cluster_id",),
                "give either it or virtual_cluster_name, such as EMR_ML_EKS__VIRTUAL_CLUSTER_NAME",
            )
        yield from super().mistakes()


def load_eks_config(settings: Settings) -> EksConfig:
    """Load the configuration; what is given nowhere has its default.

    Later sources override earlier ones: the file, single fields from the environment, settings.

    Raises:
        TargetConfigError: one line for each mistake, with its location.
    """
    return load_job_run_config(
        EksConfig,
        LocatedFields("configuration of EMR on EKS", "EMR_ML_EKS"),
        settings.eks,
        settings.eks_fields,
        settings.step_limit_seconds,
    )
