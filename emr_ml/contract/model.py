"""Parameters of the model."""

from typing import Annotated, Any, Literal, Self

import dagster as dg
from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from emr_ml.contract.part import Part, mistake

Estimator = Literal["auto", "logistic_regression", "random_forest", "linear_regression"]
# the languages that Spark has stop words of
Language = Literal[
    "none",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "hungarian",
    "italian",
    "norwegian",
    "portuguese",
    "russian",
    "spanish",
    "swedish",
    "turkish",
]


class Featurizer(dg.Config):
    """How columns become one vector of features."""

    model_config = ConfigDict(extra="forbid")

    text: Literal["hashing_tf", "tf_idf", "word2vec"] = Field(
        "hashing_tf", description="how texts become numbers"
    )
    numeric: Literal["standard", "minmax"] = Field("standard", description="how numbers are scaled")
    dimensions: int | None = Field(
        None,
        ge=1,
        le=2**24,
        description="length of a text's vector; unset: 262144 hashed terms, or 100 for word2vec",
    )
    min_ngram: int = Field(1, ge=1, le=5, description="words in a hashed term, at least")
    max_ngram: int = Field(2, ge=1, le=5, description="words in a hashed term, at most")
    binary: bool = Field(True, description="a hashed term counts once, however often it occurs")
    stop_words: Language = Field("none", description="language whose commonest words are left out")


def _by_name(value: Any) -> Any:
    """`tf_idf` is short for `{text: tf_idf}`."""
    return {"text": value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    """One featurizer need not be in a list."""
    return [value] if isinstance(value, (str, dict)) else value


class ModelParams(Part):
    """Parameters of the model: defaults for every run, which the launchpad can override."""

    featurizers: Annotated[
        list[Annotated[Featurizer, BeforeValidator(_by_name)]], BeforeValidator(_listed)
    ] = Field(
        [Featurizer.model_validate({})],
        min_length=1,
        max_length=12,
        description="ways to make features; with more than one, the validation side chooses",
    )
    estimator: Estimator = Field(
        "auto",
        description="what is fitted; auto: linear_regression for a numeric label, else "
        "logistic_regression",
    )
    regularization: list[Annotated[float, Field(ge=0)]] = Field(
        [5e-7, 5e-5, 5e-3],
        min_length=1,
        description="L2 penalties of a regression to try; the validation side chooses",
    )
    max_iterations: int | None = Field(
        None,
        ge=1,
        description="iterations of a regression, at most; by default 100, or 24 of many hashed "
        "terms: more would fit chance",
    )
    tolerance: float = Field(
        1e-3, gt=0, description="relative change at which a regression has converged"
    )
    trees: int = Field(100, ge=1, le=1000, description="trees of a random forest")
    max_depth: list[Annotated[int, Field(ge=1, le=30)]] = Field(
        [6, 12],
        min_length=1,
        description="depths of a random forest's trees to try; the validation side chooses",
    )

    @model_validator(mode="after")
    def _terms_have_a_length(self) -> Self:
        for index, featurizer in enumerate(self.featurizers):
            if featurizer.min_ngram > featurizer.max_ngram:
                raise mistake(
                    f"no term has at least {featurizer.min_ngram} words and at most "
                    f"{featurizer.max_ngram}",
                    "featurizers",
                    str(index),
                    "max_ngram",
                )
        return self
