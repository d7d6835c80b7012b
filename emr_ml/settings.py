"""The settings. No other module reads `EMR_ML_…` variables."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from emr_ml.errors import UserError
from emr_ml.located_yaml import YamlError, parse
from emr_ml.project import find_project

CONTRACTS = Path(__file__).resolve().parent / "contracts"
CLUSTER_FIELD = "EMR_ML_CLUSTER__"
SERVERLESS_FIELD = "EMR_ML_SERVERLESS__"
EKS_FIELD = "EMR_ML_EKS__"
SPARK_SUBMIT_FIELD = "EMR_ML_SPARK_SUBMIT__"
PAGE = "{page}"  # in the address of the documentation


class SettingsError(UserError):
    """An environment variable can't be used."""


class Deployment(StrEnum):
    """Where Spark jobs run, and what follows from that for the rest of the project."""

    LOCAL = "local"
    EMR = "emr"
    EMR_SERVERLESS = "emr-serverless"
    EMR_EKS = "emr-eks"
    SPARK_SUBMIT = "spark-submit"

    @property
    def runs_here(self) -> bool:
        """Whether jobs run in the process of their run, on this machine."""
        return self is Deployment.LOCAL

    @property
    def may_use_folder(self) -> bool:
        """Whether the lake may be a folder, which all machines that run jobs must see."""
        return self in (Deployment.LOCAL, Deployment.SPARK_SUBMIT)

    @property
    def uses_emr(self) -> bool:
        """Whether jobs run on clusters of EMR, which are configured, checked and watched."""
        return self is Deployment.EMR


def check_reachable(lake: str, deployment: Deployment) -> None:
    """Check that jobs of a deployment reach the lake.

    Raises:
        ValueError: it is a folder, and they run on other machines.
    """
    if not deployment.may_use_folder and not lake.startswith("s3://"):
        raise ValueError(
            f"clusters can't reach {lake}: with deployment {deployment}, set it to "
            "s3://<bucket>/<prefix>, or set EMR_ML_STACK, which has a lake"
        )


def _parse_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from error


class Settings(BaseSettings):
    """Each field is read from `EMR_ML_<FIELD>`. Paths may also be `s3://` addresses."""

    model_config = SettingsConfigDict(
        env_prefix="EMR_ML_",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,  # some values are secrets, and Dagster shows error chains
    )

    stack: str | None = Field(
        None,
        pattern=r"^(arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack/.+|[a-zA-Z][a-zA-Z0-9-]*)$",
        description="name or ARN of the stack, whose outputs complete the other settings",
    )
    deployment: Deployment = Field(
        default_factory=lambda fields: Deployment.EMR if fields.get("stack") else Deployment.LOCAL,
        description="where Spark jobs run",
    )
    source: str | None = Field(
        None, description="CSV file, folder or s3:// prefix to train on; if unset, sample data"
    )
    sales_source: str | None = Field(
        None, description="the same for the sales pipeline; if unset, sample data"
    )
    scoring_source: str | None = Field(
        None,
        description="the same for rows to score; if unset, sample data unless EMR_ML_SOURCE is set",
    )
    dataset: str = Field(
        str(CONTRACTS / "breast_cancer.yaml"), description="contract of the dataset"
    )
    lake: str = Field(
        default_factory=lambda fields: _default_lake(fields.get("stack")),
        validate_default=True,
        description="folder or s3:// prefix of all versions",
    )
    sample_folder: str = Field(
        default_factory=lambda: str(find_project() / "sample"),
        description="folder for sample data",
    )
    dagster_home: str = Field(
        default_factory=lambda: str(find_project()),
        validation_alias="DAGSTER_HOME",
        description="folder with the dagster.yaml that `emr-ml run` uses",
    )
    fast_poll_seconds: float = Field(
        3.0, gt=0, description="seconds between two looks for a result in the lake"
    )
    poll_seconds: float = Field(
        30.0, gt=0, description="seconds between two requests for the state of a job"
    )
    visibility_seconds: float = Field(
        45.0,
        ge=0,
        description="seconds for which AWS may not know a cluster or job that it has accepted",
    )
    api_patience_seconds: float = Field(
        1800.0,
        gt=0,
        description="seconds without an answer after which a run stops following its job",
    )
    cluster: str | None = Field(
        None, description="cluster configuration (YAML); if unset, defaults for small data"
    )
    serverless: str | None = Field(
        None, description="configuration of EMR Serverless (YAML); if unset, its defaults"
    )
    eks: str | None = Field(
        None, description="configuration of EMR on EKS (YAML); if unset, its defaults"
    )
    spark_submit: str | None = Field(
        None, description="configuration of spark-submit (YAML), if the deployment is that"
    )
    cluster_scope: Literal["shared", "run"] | None = Field(
        None, description="whether runs share clusters; if unset, as in the cluster configuration"
    )
    idle_timeout_seconds: int | None = Field(
        None,
        description="seconds until EMR ends an idle cluster; if unset, as in its configuration",
    )
    step_limit_seconds: int | None = Field(
        None,
        description="seconds until a step ends itself; if unset, as in the cluster configuration",
    )
    sensor_interval_seconds: int = Field(
        30, ge=1, description="seconds between two checks for new data"
    )
    settle_seconds: float = Field(
        60.0,
        ge=0,
        description="seconds for which the files of a source must be unchanged before it is read",
    )
    listing_requests_per_hour: int = Field(
        1200,
        ge=1,
        description="maximum number of requests per hour with which a sensor lists a source",
    )
    retraining_cron: str = Field(
        "0 3 * * 0", description="when the model is trained even without new data"
    )
    evaluation_cron: str = Field("0 4 * * *", description="when the champion is evaluated again")
    cleaning_cron: str = Field("0 5 * * 0", description="when the lake is cleaned")
    retention_days: float = Field(
        30.0,
        ge=1,
        description="days for which versions stay in the lake after they were last written or used",
    )
    # at least 2: the champion, and the one that a rollback restores
    retention_champions: int = Field(
        3, ge=2, description="number of latest champions that stay in the lake"
    )
    retention_removes: bool = Field(
        False,
        description="whether the schedule deletes unused versions; otherwise it only lists them",
    )
    time_zone: str = Field("UTC", description="time zone of the schedules")
    late_after_days: float = Field(
        8.0,
        gt=0,
        description="age in days at which an asset's freshness warns; it fails at twice that age",
    )
    warm: bool = Field(True, description="whether local runs leave Spark running for the next run")
    warm_minutes: float = Field(
        15.0, ge=0, description="minutes without a run after which that Spark ends"
    )
    ui_url: str = Field("http://127.0.0.1:3000", description="address of Dagster's UI, for links")
    docs_url: str | None = Field(
        None,
        description="address of the documentation, for links; {page} in it stands for the name of "
        "a page",
    )
    # MLflow's own variable; secret, because the address may contain a password
    mlflow_tracking_uri: SecretStr | None = Field(
        None,
        validation_alias="MLFLOW_TRACKING_URI",
        description="MLflow server that shows the models; none if unset",
    )
    mlflow_name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="begins the names of experiments and registered models on that server",
    )
    alert_topic_arn: str | None = Field(
        None,
        pattern="^arn:[^:]+:sns:[^:]+:[^:]*:.+$",
        description="SNS topic for messages about failed runs",
    )
    alert_webhook: SecretStr | None = Field(
        None, description="webhook for messages about failed runs, in Slack's format"
    )
    # NoDecode: only `load_settings` sets it, from many variables
    cluster_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="single fields of the cluster configuration, by the ends of variable names",
    )
    # NoDecode: as `cluster_fields`
    serverless_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="single fields of the configuration of EMR Serverless, in the same way",
    )
    # NoDecode: as `cluster_fields`
    eks_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="single fields of the configuration of EMR on EKS, in the same way",
    )
    # NoDecode: only `load_settings` sets it, from many variables
    spark_submit_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="single fields of the configuration of spark-submit, in the same way",
    )
    # NoDecode: only `emr_ml.stack.outputs` sets it, when it is needed
    stack_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="fields from the stack's outputs, by configuration: cluster, serverless",
    )
    # NoDecode: makes broken JSON a ValidationError like any other
    spark_conf: Annotated[dict[str, str], NoDecode, BeforeValidator(_parse_json)] = Field(
        default_factory=dict[str, str],
        description="additional Spark configuration for local runs, as a JSON object",
    )

    @property
    def names_a_source(self) -> bool:
        """Whether a source is set, so that samples are left out."""
        return bool(self.source or self.sales_source)

    def on(self, deployment: Deployment | None) -> "Settings":
        """Return the settings of a pipeline with a deployment of its own; None is this one.

        Where jobs run on this machine, all of them do: a laptop starts nothing elsewhere.

        Raises:
            SettingsError: its jobs can't reach the lake.
        """
        if deployment in (None, self.deployment) or self.deployment.runs_here:
            return self
        try:
            check_reachable(self.lake, deployment)
        except ValueError as error:
            raise SettingsError(f"EMR_ML_LAKE: {error}") from error
        return self.model_copy(update={"deployment": deployment})

    @field_validator(
        *("source", "sales_source", "scoring_source", "dataset", "lake", "sample_folder"),
        *("cluster", "serverless", "eks", "spark_submit"),
    )
    @classmethod
    def _make_absolute(cls, value: str | None) -> str | None:
        if value is None or value.startswith("s3://"):
            return value
        if "://" in value:
            raise ValueError("is neither a path nor an s3:// address")
        return str(Path(value).expanduser().absolute())

    @field_validator("alert_webhook")
    @classmethod
    def _check_scheme(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is not an http:// or https:// address")
        return value

    @field_validator("docs_url")
    @classmethod
    def _check_page(cls, value: str | None) -> str | None:
        if value and not (value.startswith(("https://", "http://")) and PAGE in value):
            raise ValueError(
                "is not an http:// or https:// address with {page} in it, such as "
                "https://git.example.com/emr_ml/docs/{page}.md"
            )
        return value

    @field_validator("lake")
    @classmethod
    def _check_lake(cls, value: str, info: ValidationInfo) -> str:
        if os.path.isfile(value):  # noqa: PTH113 - pathlib raises errors for some paths
            raise ValueError(f"{value} is a file, not a folder")
        if deployment := info.data.get("deployment"):
            check_reachable(value, deployment)
        return value


def _default_lake(stack: str | None) -> str:
    """Return the lake if no variable sets it; a placeholder if the stack's outputs will."""
    # no bucket can have such a name, so nothing can be written to a wrong one
    return f"s3://<lake of stack {stack}>" if stack else str(find_project() / "lake")


def region_of_stack(stack: str) -> str | None:
    """Return the region in the ARN of a stack, or None for a name."""
    return stack.split(":")[3] if stack.startswith("arn:") else None


def _variable_name(path: tuple[int | str, ...]) -> str:
    name = "__".join(str(part) for part in path).upper()
    return name if name in ("DAGSTER_HOME", "MLFLOW_TRACKING_URI") else f"EMR_ML_{name}"


def load_settings() -> Settings:
    """Read the settings of this process.

    Also sets `AWS_REGION` and `AWS_DEFAULT_REGION` to the same region, that of the stack's ARN if
    there is one.

    Raises:
        SettingsError: names each variable that can't be used, and why.
    """
    if region := os.environ.get("AWS_REGION"):
        # all other AWS tools read AWS_REGION, but boto3 ignores it
        os.environ["AWS_DEFAULT_REGION"] = region
    try:
        settings = Settings(  # pyright: ignore[reportCallIssue] - the others come from the environment
            cluster_fields=_fields_of(CLUSTER_FIELD),
            serverless_fields=_fields_of(SERVERLESS_FIELD),
            eks_fields=_fields_of(EKS_FIELD),
            spark_submit_fields=_fields_of(SPARK_SUBMIT_FIELD),
            stack_fields={},
        )
    except ValidationError as error:
        lines = [
            f"{_variable_name(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
            # the default depends on another variable, which is reported itself
            if problem["type"] != "default_factory_not_called"
        ]
        raise SettingsError("\n".join(lines)) from error
    if settings.stack and (region := region_of_stack(settings.stack)):
        # the stack's subnets are in that region, so no other one can be used
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    return settings


def _fields_of(prefix: str) -> dict[str, Any]:
    """Return `{"CORE__ON_DEMAND": 2}` for `EMR_ML_CLUSTER__CORE__ON_DEMAND=2`: values are YAML."""
    fields: dict[str, Any] = {}
    for name, text in sorted(os.environ.items()):
        field = name.removeprefix(prefix)
        if field == name or not text:
            continue
        if not all(field.split("__")):
            raise SettingsError(f"{name}: names no field: write its name after {prefix}")
        try:
            fields[field] = parse(text)[0]
        except YamlError as error:
            raise SettingsError(f"{name}: is not YAML: {error}") from error
    return fields
