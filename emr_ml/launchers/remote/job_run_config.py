"""The configuration of job runs: the fields that EMR Serverless and EMR on EKS share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError

from emr_ml.launchers.remote.configuration import (
    ConfigModel,
    LocatedFields,
    Mistake,
    VerbatimText,
    is_secret,
    load_config,
    log_address,
)
from emr_ml.launchers.remote.releases import DEFAULT_RELEASE, RELEASES, SPARK_OF, why_unusable
from emr_ml.launchers.remote.target import TargetConfigError

OWN_TAG = "emr-ml"  # the launcher's policies allow calls on what has this tag only

Count = Annotated[int, Field(strict=True, ge=0)]
Positive = Annotated[int, Field(strict=True, ge=1)]
Price = Annotated[float, Field(strict=True, gt=0)]


class JobRunConfig(ConfigModel):
    """What both services are told about a job run, besides the sizes of what runs it."""

    #: the value of `OWN_TAG`
    own_tag: ClassVar[str]

    execution_role: str = Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$")
    release_label: str = DEFAULT_RELEASE
    spark: str = Field(default=RELEASES[DEFAULT_RELEASE], pattern=r"^\d+\.\d+\.\d+$")
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    image: str | None = Field(default=None, min_length=1)
    packages: Literal["archive", "image"] = "archive"
    spark_conf: dict[str, VerbatimText] = Field(default_factory=dict[str, str])
    log_uri: str | None = Field(default=None, pattern=r"^s3://[^/]+(/.*)?$")
    log_group: str | None = Field(default=None, pattern=r"^[.\-_/#A-Za-z0-9]{1,512}$")
    tags: dict[str, VerbatimText] = Field(default_factory=dict[str, str])
    step_limit_seconds: Positive = 21_600

    @classmethod
    def release_of(cls, label: str) -> str:
        """Return the release that a label names."""
        return label

    def mistakes(self) -> Iterator[Mistake]:
        """Yield the path and the problem of each field that does not fit the others."""
        release = self.release_of(self.release_label)
        if unusable := why_unusable(release):
            yield ("release_label",), unusable
        elif SPARK_OF.get(release, self.spark) != self.spark:
            problem = f"{self.release_label} has Spark {SPARK_OF[release]}, not {self.spark}"
            yield ("spark",), problem
        if self.image and self.packages == "archive":
            yield ("packages",), "is archive, but an image has its own packages: leave it out"
        for key, value in self.spark_conf.items():
            if is_secret(key, value):
                problem = (
                    "would be visible to all who may describe the job run: give the execution "
                    "role the rights, or let the job read the secret from where it is kept"
                )
                yield ("spark_conf", key), problem

    @validator(mode="before")
    @classmethod
    def _derive(cls, value: Any) -> Any:
        """Fill in what follows from other fields: the Spark of a release, packages of an image."""
        if not isinstance(value, dict):
            return value
        release = cls.release_of(str(value.get("release_label", DEFAULT_RELEASE)))
        derived = {"spark": SPARK_OF[release]} if release in SPARK_OF else {}
        if release not in SPARK_OF and not why_unusable(release):
            derived = {"spark": ""}  # the user must give it
        if value.get("image"):
            derived["packages"] = "image"
        return derived | value

    @validator(mode="after")
    def _check(self) -> Self:
        if found := list(self.mistakes()):
            raise PydanticCustomError("job_run", "is inconsistent", {"mistakes": found})
        return self

    @property
    def arch(self) -> str:
        """The architecture as names of Python wheels have it."""
        return {"X86_64": "x86_64", "ARM64": "aarch64"}[self.architecture]

    @property
    def all_tags(self) -> dict[str, str]:
        return {**self.tags, OWN_TAG: self.own_tag}

    def log_address(self, lake: str) -> str:
        """Return where the service writes the logs of jobs that use this lake: `s3://…/`."""
        return log_address(self.log_uri, lake)


Config = TypeVar("Config", bound=JobRunConfig)


def load_job_run_config(
    model: type[Config],
    fields: LocatedFields,
    address: str | None,
    variables: Mapping[str, Any],
    step_limit_seconds: int | None,
) -> Config:
    """Load a configuration as `load_config` does, and say what to do where that is not plain.

    Raises:
        TargetConfigError: one line for each mistake, with its location.
    """
    try:
        return load_config(model, fields, address, variables, step_limit_seconds)
    except TargetConfigError as error:
        lines = [_explained(line, fields.variable) for line in str(error).splitlines()]
        raise TargetConfigError("\n".join(lines)) from error


def _explained(line: str, variable: str) -> str:
    """Return a line with what to do, where the field's name does not say it."""
    if line.endswith("execution_role: is missing"):
        return (
            f"{line}: set {variable}__EXECUTION_ROLE to the ARN of the role with which jobs read "
            "and write the lake; for EMR Serverless, `emr-ml up` can create it"
        )
    start, is_spark, problem = line.partition(": spark: ")
    if is_spark and problem.endswith("not ''"):
        known = ", ".join(RELEASES)
        return f"{start}: spark: the release's Spark is not known: set it; known are {known}"
    return line
