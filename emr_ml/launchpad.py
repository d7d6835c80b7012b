"""Run config whose defaults come from the contract."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import dagster as dg
from pydantic import Field, ValidationError, create_model

from emr_ml.contract import Contract, ContractError, load_contract
from emr_ml.materialization import SparkConfig
from emr_ml.model_params import ModelParams
from spark_jobs.runtime.job import JobError


def model_config(dataset: str) -> type[SparkConfig]:
    """The model's parameters as run config, each with the contract's value as its default.

    The definitions must load without a network, and with a contract that has mistakes: then
    there are no defaults to show, and the run takes them, or names the mistakes.
    """
    shown = None
    if not dataset.startswith("s3://"):
        with suppress(ContractError):
            shown = load_contract(dataset).model
    fields: dict[str, Any] = {
        name: (
            cast("Any", field.annotation) | None,
            Field(getattr(shown, name, None), description=field.description),
        )
        for name, field in ModelParams.model_fields.items()
        if field.annotation
    }
    return create_model("LrModelConfig", __base__=SparkConfig, **fields)


def model_params(contract: Contract, config: dg.Config) -> Mapping[str, Any]:
    """The contract's parameters, with what the run config says instead.

    Raises:
        JobError: a value in the run config is out of its bounds.
    """
    given = {
        name: value
        for name, value in config.model_dump().items()
        if name in ModelParams.model_fields and value is not None
    }
    try:
        params = ModelParams.model_validate({**contract.model.model_dump(), **given})
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        ]
        raise JobError(f"run config of lr_model: {'; '.join(problems)}") from error
    return params.model_dump(mode="json")
