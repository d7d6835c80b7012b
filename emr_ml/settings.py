"""The settings: the only reader of `EMR_ML_…` variables."""

import json
import os
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

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = Path(__file__).resolve().parent / "contracts"
SALES_CONTRACT = str(CONTRACTS / "sales.yaml")
CLUSTER_FIELD = "EMR_ML_CLUSTER__"


class SettingsError(UserError):
    """A variable of the environment that can't be used."""


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from error


class Settings(BaseSettings):
    """Each field is `EMR_ML_<FIELD>` in the environment. Paths may also be `s3://` addresses."""

    model_config = SettingsConfigDict(
        env_prefix="EMR_ML_",
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,  # Dagster shows the whole chain of errors, and some are secrets
    )

    stack: str | None = Field(
        None,
        pattern=r"^(arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack/.+|[a-zA-Z][a-zA-Z0-9-]*)$",
        description="stack of `emr-ml up`, by name or ARN, that gives what is not set otherwise",
    )
    deployment: Literal["local", "emr"] = Field(
        default_factory=lambda given: "emr" if given.get("stack") else "local",
        description="where Spark jobs run",
    )
    source: str | None = Field(
        None, description="CSV file, folder or s3:// prefix to train on; unset: sample data"
    )
    sales_source: str | None = Field(
        None, description="the same for the sales pipeline; unset: sample data"
    )
    scoring_source: str | None = Field(
        None, description="the same for rows to score; unset: sample data if `source` is, else none"
    )
    dataset: str = Field(
        str(CONTRACTS / "breast_cancer.yaml"), description="contract of the data set"
    )
    lake: str = Field(
        default_factory=lambda given: _lake_of(given.get("stack")),
        validate_default=True,
        description="where versions are kept",
    )
    sample_folder: str = Field(
        str(ROOT / "sample"), description="folder that sample data is written to"
    )
    dagster_home: str = Field(
        str(ROOT),
        validation_alias="DAGSTER_HOME",
        description="folder of the dagster.yaml that `emr-ml run` goes by",
    )
    fast_poll_seconds: float = Field(3.0, gt=0, description="how often a result is looked for")
    poll_seconds: float = Field(30.0, gt=0, description="how often EMR is asked for states")
    visibility_seconds: float = Field(
        45.0, ge=0, description="how long a new cluster or step may be missing from EMR's listings"
    )
    api_patience_seconds: float = Field(
        1800.0, gt=0, description="how long AWS may not answer before a run stops following a step"
    )
    cluster: str | None = Field(
        None, description="cluster configuration (YAML); unset: defaults that suit small data"
    )
    cluster_scope: Literal["shared", "run"] | None = Field(
        None, description="whether runs share clusters; unset: what the configuration says"
    )
    idle_timeout_seconds: int | None = Field(
        None, description="idle time after which EMR ends a cluster; unset: as configured"
    )
    step_limit_seconds: int | None = Field(
        None, description="time after which a step ends itself; unset: as configured"
    )
    sensor_interval_seconds: int = Field(
        30, ge=1, description="how often a sensor looks for new data"
    )
    settle_seconds: float = Field(
        60.0, ge=0, description="how long no file of a source may have changed before it is read"
    )
    listing_requests_per_hour: int = Field(
        1200, ge=1, description="how many requests a sensor may spend in an hour to list a source"
    )
    retraining_cron: str = Field("0 3 * * 0", description="when the model is trained anyway")
    evaluation_cron: str = Field("0 4 * * *", description="when the champion is measured anew")
    cleaning_cron: str = Field("0 5 * * 0", description="when the lake is looked through")
    retention_days: float = Field(
        30.0, ge=1, description="what was written or used in so many days stays in the lake"
    )
    # the champion, and the one that a rollback goes back to
    retention_champions: int = Field(3, ge=2, description="how many of the last champions stay")
    retention_removes: bool = Field(
        False, description="whether the schedule removes what may go; else it only lists it"
    )
    time_zone: str = Field("UTC", description="time zone of the schedules")
    late_after_days: float = Field(
        8.0, gt=0, description="age at which an asset is late; at twice that, it has failed"
    )
    ui_url: str = Field("http://127.0.0.1:3000", description="where Dagster's UI is, for links")
    alert_topic_arn: str | None = Field(
        None, pattern="^arn:[^:]+:sns:[^:]+:[^:]*:.+$", description="SNS topic for failed runs"
    )
    alert_webhook: SecretStr | None = Field(
        None, description="address that failed runs are told to, in the form that Slack takes"
    )
    # NoDecode: nothing but `load_settings` gives it, from many variables
    cluster_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="single fields of the cluster configuration, by the ends of their variables",
    )
    # NoDecode: nothing but `emr_ml.stack.outputs` gives it, when it is needed
    stack_fields: Annotated[dict[str, Any], NoDecode] = Field(
        default_factory=dict[str, Any],
        description="fields of the cluster configuration that the stack gives",
    )
    # NoDecode: broken JSON is then a ValidationError like any other
    spark_conf: Annotated[dict[str, str], NoDecode, BeforeValidator(_parsed)] = Field(
        default_factory=dict[str, str],
        description="more Spark configuration for local runs, as a JSON object",
    )

    @field_validator(
        *("source", "sales_source", "scoring_source", "dataset", "lake", "sample_folder", "cluster")
    )
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is None or value.startswith("s3://"):
            return value
        if "://" in value:
            raise ValueError("is neither a path nor an s3:// address")
        return str(Path(value).expanduser().absolute())

    @field_validator("alert_webhook")
    @classmethod
    def _on_the_web(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("https://", "http://")):
            raise ValueError("is no http:// or https:// address")
        return value

    @field_validator("lake")
    @classmethod
    def _reached_by_clusters(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("deployment") == "emr" and not value.startswith("s3://"):
            raise ValueError(
                f"clusters can't reach {value}: with EMR_ML_DEPLOYMENT=emr it must be "
                "s3://<bucket>/<prefix>, or EMR_ML_STACK gives it"
            )
        return value


def _lake_of(stack: str | None) -> str:
    """The lake if no variable sets it; that of a stack is known once AWS is asked."""
    # no bucket can have such a name, so nothing is ever written to a wrong one
    return f"s3://<lake of stack {stack}>" if stack else str(ROOT / "lake")


def region_of_stack(stack: str) -> str | None:
    """The region in the ARN of a stack; None if the stack is named otherwise."""
    return stack.split(":")[3] if stack.startswith("arn:") else None


def _variable(path: tuple[int | str, ...]) -> str:
    name = "__".join(str(part) for part in path).upper()
    return name if name == "DAGSTER_HOME" else f"EMR_ML_{name}"


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: names each variable that can't be used, and why.
    """
    if region := os.environ.get("AWS_REGION"):
        # every other AWS tool reads AWS_REGION, boto3 passes it over
        os.environ["AWS_DEFAULT_REGION"] = region
    try:
        found = Settings(cluster_fields=_cluster_fields(), stack_fields={})  # pyright: ignore[reportCallIssue] - the others come from the environment
    except ValidationError as error:
        lines = [
            f"{_variable(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
            # what such a default follows from is named itself
            if problem["type"] != "default_factory_not_called"
        ]
        raise SettingsError("\n".join(lines)) from error
    if found.stack and (region := region_of_stack(found.stack)):
        # its subnets are there, whatever else is set
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = region
    return found


def _cluster_fields() -> dict[str, Any]:
    """`EMR_ML_CLUSTER__CORE__ON_DEMAND=2` is `{"CORE__ON_DEMAND": 2}`: values are YAML."""
    fields: dict[str, Any] = {}
    for name, text in sorted(os.environ.items()):
        field = name.removeprefix(CLUSTER_FIELD)
        if field == name or not text:
            continue
        if not all(field.split("__")):
            raise SettingsError(f"{name}: names no field: write {CLUSTER_FIELD}STEP_CONCURRENCY")
        try:
            fields[field] = parse(text)[0]
        except YamlError as error:
            raise SettingsError(f"{name}: is not YAML: {error}") from error
    return fields
