"""Run config of `lr_model`, whose defaults come from the contract."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal, cast, get_origin

import dagster as dg
from pydantic import Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from emr_ml.contract import Contract, ContractError
from emr_ml.contract.loading import plain_message
from emr_ml.contract.model import (
    Featurizer,
    ModelParams,
    check_class_weight,
    check_estimator,
    check_threshold,
)
from emr_ml.errors import UserError
from emr_ml.materialization import SparkConfig
from emr_ml.pipeline import Pipeline


class RunConfigError(UserError):
    """A value that was given for a run can't be used."""

    def __init__(self, asset: str, problem: str) -> None:
        super().__init__(
            f"run config of {asset}: {problem}",
            fix="correct it in the launchpad, or remove it there to use the default",
        )


def model_config(pipeline: Pipeline) -> type[SparkConfig]:
    """Return a config class of the model's parameters, with the contract's values as defaults.

    Definitions must load without a network, and with an invalid contract. The launchpad then
    shows no defaults, and the run uses those of the contract or reports its mistakes.
    """
    defaults: dict[str, Any] = {}
    if not pipeline.contract.startswith("s3://"):
        with suppress(ContractError):
            defaults = pipeline.load_contract().model.model_dump(mode="json")
    fields: dict[str, Any] = {
        name: (
            _in_launchpad(name, field.annotation, known=name in defaults),
            Field(defaults.get(name), description=field.description, validate_default=True),
        )
        for name, field in ModelParams.model_fields.items()
    }
    return create_model("LrModelConfig", __base__=SparkConfig, **fields)


def model_params(contract: Contract, config: dg.Config) -> Mapping[str, Any]:
    """Return the contract's parameters, overridden by the run config.

    Raises:
        RunConfigError: a value in the run config is out of bounds, or does not fit the label.
    """
    overrides = {
        name: value
        for name, value in config.model_dump(mode="json").items()
        if name in ModelParams.model_fields and value is not None
    }
    try:
        params = ModelParams.model_validate({**contract.model.model_dump(mode="json"), **overrides})
        values = params.model_dump(mode="json")
        if label := contract.label:
            check_estimator(params.estimator, label.problem)
            check_threshold(params.threshold, label.problem)
            check_class_weight(params.class_weight, label.problem, label.class_names)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, each['loc']))}: {plain_message(each)}" for each in error.errors()
        ]
        raise RunConfigError("lr_model", "; ".join(problems)) from error
    except PydanticCustomError as error:
        raise RunConfigError("lr_model", str(error)) from error
    return values


# without bounds: Dagster would report a value out of bounds with a stack trace, and `model_params`
# reports it with a message
_FeaturizerConfig = create_model(
    "FeaturizerConfig",
    __base__=dg.Config,
    **cast(
        "Any",
        {
            name: (field.annotation, Field(field.default, description=field.description))
            for name, field in Featurizer.model_fields.items()
        },
    ),
)


def _in_launchpad(name: str, annotation: Any, *, known: bool) -> Any:
    """Return a type that Dagster supports, which may be null if there is no default."""
    if name == "featurizers":
        return list[_FeaturizerConfig] | None
    if name in ("class_weight", "threshold"):
        return Any  # Dagster does not support a choice between a text and keys with values
    if get_origin(annotation) is Literal:
        # the launchpad offers its values, but Dagster does not support one that may be null
        return annotation if known else str | None
    return annotation | None
