"""The settings: the only reader of `EMR_ML_…` variables."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = Path(__file__).resolve().parent / "contracts"
SALES_CONTRACT = str(CONTRACTS / "sales.yaml")


class SettingsError(Exception):
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

    model_config = SettingsConfigDict(env_prefix="EMR_ML_", env_ignore_empty=True, frozen=True)

    deployment: Literal["local"] = Field("local", description="where Spark jobs run")
    source: str | None = Field(
        None, description="CSV file, folder or s3:// prefix to train on; unset: sample data"
    )
    sales_source: str | None = Field(
        None, description="the same for the sales pipeline; unset: sample data"
    )
    dataset: str = Field(
        str(CONTRACTS / "breast_cancer.yaml"), description="contract of the data set"
    )
    lake: str = Field(str(ROOT / "lake"), description="where versions are kept")
    sample_folder: str = Field(
        str(ROOT / "sample"), description="folder that sample data is written to"
    )
    dagster_home: str = Field(
        str(ROOT),
        validation_alias="DAGSTER_HOME",
        description="folder of the dagster.yaml that `emr-ml run` goes by",
    )
    fast_poll_seconds: float = Field(3.0, gt=0, description="how often a result is looked for")
    # NoDecode: broken JSON is then a ValidationError like any other
    spark_conf: Annotated[dict[str, str], NoDecode, BeforeValidator(_parsed)] = Field(
        default_factory=dict[str, str],
        description="more Spark configuration for local runs, as a JSON object",
    )

    @field_validator("source", "sales_source", "dataset", "lake", "sample_folder")
    @classmethod
    def _absolute(cls, value: str | None) -> str | None:
        if value is None or value.startswith("s3://"):
            return value
        if "://" in value:
            raise ValueError("is neither a path nor an s3:// address")
        return str(Path(value).expanduser().absolute())


def _variable(path: tuple[int | str, ...]) -> str:
    name = "__".join(str(part) for part in path).upper()
    return name if name == "DAGSTER_HOME" else f"EMR_ML_{name}"


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: names each variable that can't be used, and why.
    """
    try:
        return Settings()  # pyright: ignore[reportCallIssue] - every field comes from the environment
    except ValidationError as error:
        lines = [f"{_variable(problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise SettingsError("\n".join(lines)) from error
