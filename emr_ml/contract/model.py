"""Parameters of the model."""

from collections.abc import Collection
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from emr_ml.contract.base import CellValue, Section, error_at
from spark_jobs.contract import Problem

Estimator = Literal[
    "auto", "logistic_regression", "linear_regression", "gradient_boosted_trees", "random_forest"
]
# languages for which Spark has stop words
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


class Featurizer(Section):
    """How columns become one feature vector."""

    text: Literal["hashing_tf", "tf_idf", "word2vec"] = Field(
        "tf_idf", description="how text becomes numbers"
    )
    numeric: Literal["standard", "minmax"] = Field("standard", description="how numbers are scaled")
    dimensions: int | None = Field(
        None,
        ge=1,
        le=2**24,
        description="length of a text's vector; default: 100 for word2vec, else 262144 terms "
        "(2048 for a random forest, fewer than 262144 for more than 8 classes)",
    )
    min_ngram: int = Field(1, ge=1, le=5, description="fewest words in a hashed term")
    max_ngram: int = Field(2, ge=1, le=5, description="most words in a hashed term")
    binary: bool = Field(True, description="count a hashed term once per text")
    stop_words: Language = Field("none", description="language whose most common words are ignored")


def _class_weight_tag(value: Any) -> str | None:
    if isinstance(value, dict):
        return "[by class]"
    return "[by name]" if value in ("none", "balanced") else None


ClassWeight = Annotated[
    Annotated[Literal["none", "balanced"], Tag("[by name]")]
    | Annotated[
        dict[CellValue, Annotated[float, Field(gt=0, allow_inf_nan=False)]], Tag("[by class]")
    ],
    # without it, an error would list what is wrong for each of the two
    Discriminator(
        _class_weight_tag,
        custom_error_type="class_weight",
        custom_error_message="must be none, balanced, or weights by class such as {rare: 10}",
    ),
]


class FalsePredictionCosts(Section):
    """What false predictions cost, in any unit."""

    false_positive: float = Field(gt=0, allow_inf_nan=False, description="of a false positive")
    false_negative: float = Field(gt=0, allow_inf_nan=False, description="of a false negative")


def _threshold_tag(value: Any) -> str | None:
    if isinstance(value, (dict, FalsePredictionCosts)):
        return "[by costs]"
    if isinstance(value, str):
        return "[by name]" if value in ("accuracy", "f1") else None
    return "[number]" if isinstance(value, (int, float)) else None


Threshold = Annotated[
    Annotated[Literal["accuracy", "f1"], Tag("[by name]")]
    | Annotated[FalsePredictionCosts, Tag("[by costs]")]
    | Annotated[float, Field(gt=0, lt=1), Tag("[number]")],
    Discriminator(
        _threshold_tag,
        custom_error_type="threshold",
        custom_error_message="must be accuracy, f1, a number between 0 and 1, or costs such as "
        "{false_positive: 1, false_negative: 10}",
    ),
]


def _expand_name(value: Any) -> Any:
    """Accept `tf_idf` for `{text: tf_idf}`."""
    return {"text": value} if isinstance(value, str) else value


def _expand_single(value: Any) -> Any:
    """Accept one featurizer without a list."""
    return [value] if isinstance(value, (str, dict)) else value


# a featurizer, or its kind of text alone
Named = Literal["hashing_tf", "tf_idf", "word2vec"] | Featurizer


class ModelParams(Section):
    """Parameters of the model: defaults for each run, which the launchpad can override."""

    featurizers: Annotated[
        list[Annotated[Featurizer, BeforeValidator(_expand_name, json_schema_input_type=Named)]],
        BeforeValidator(_expand_single, json_schema_input_type=Named | list[Named]),
    ] = Field(
        [Featurizer.model_validate({"text": text}) for text in ("tf_idf", "hashing_tf")],
        min_length=1,
        max_length=12,
        description="how to make features; of several, validation selects one",
    )
    estimator: Estimator = Field(
        "auto",
        description="the model to fit; auto: a regression, and boosted trees if no text is hashed; "
        "validation selects one",
    )
    regularization: list[Annotated[float, Field(ge=0)]] = Field(
        [5e-7, 5e-6, 5e-5, 5e-4, 5e-3, 5e-2],
        min_length=1,
        description="penalties of a regression; validation selects one",
    )
    elastic_net: list[Annotated[float, Field(ge=0, le=1)]] = Field(
        [0.0],
        min_length=1,
        description="shares of the penalty that are on absolute values (L1), which leave features "
        "out, not on squares (L2); validation selects one",
    )
    max_iterations: int | None = Field(
        None,
        ge=1,
        description="most iterations of a regression, or rounds of gradient_boosted_trees; by "
        "default 100, or 64 with many hashed terms; validation may select fewer",
    )
    tolerance: float = Field(
        1e-5, gt=0, description="relative change at which a regression has converged"
    )
    trees: int = Field(100, ge=1, le=1000, description="trees of a random forest")
    max_depth: list[Annotated[int, Field(ge=1, le=30)]] = Field(
        [6, 12],
        min_length=1,
        description="depths of a random forest's trees; validation selects one",
    )
    class_weight: ClassWeight = Field(
        "none",
        description="weights of the classes in the fit: balanced, or by class; probabilities stay "
        "calibrated",
    )
    threshold: Threshold = Field(
        "accuracy",
        description="above which probability a binary label is predicted to be positive: the best "
        "for accuracy (0.5) or f1, or for the costs of false predictions, or a number",
    )

    @model_validator(mode="after")
    def _ngram_range_is_not_empty(self) -> Self:
        for index, featurizer in enumerate(self.featurizers):
            if featurizer.min_ngram > featurizer.max_ngram:
                raise error_at(
                    f"max_ngram must be at least min_ngram, {featurizer.min_ngram}, but is "
                    f"{featurizer.max_ngram}",
                    "featurizers",
                    str(index),
                    "max_ngram",
                )
        return self


def check_estimator(requested: Estimator, problem: Problem) -> None:
    """Check that the estimator can solve the problem.

    Raises:
        PydanticCustomError: it can't.
    """
    if requested == "linear_regression" and problem != "regression":
        raise error_at(
            "linear_regression needs a numeric label: set `kind: numeric` under `label`, or use "
            "logistic_regression",
            "model",
            "estimator",
        )
    if requested == "logistic_regression" and problem == "regression":
        raise error_at(
            "logistic_regression needs classes, but the label is numeric: use "
            "linear_regression, gradient_boosted_trees or random_forest",
            "model",
            "estimator",
        )


def check_threshold(requested: Threshold, problem: Problem) -> None:
    """Check that the label has a probability that a threshold can be for.

    Raises:
        PydanticCustomError: the label is not binary.
    """
    if requested != "accuracy" and problem != "binary":
        raise error_at(
            "a threshold is for a binary label, but the label has several classes or is numeric: "
            "remove it, or set `positive` under `label`",
            *("model", "threshold"),
        )


def check_class_weight(requested: ClassWeight, problem: Problem, classes: Collection[str]) -> None:
    """Check that classes of the label are weighted.

    Args:
        requested: the weights.
        problem: of the label.
        classes: of the label, empty if they are those that the data has.

    Raises:
        PydanticCustomError: the label is numeric, or has other classes.
    """
    if requested == "none":
        return
    if problem == "regression":
        raise error_at(
            "`class_weight` is for classes, but the label is numeric: remove it",
            *("model", "class_weight"),
        )
    for name in requested if classes and isinstance(requested, dict) else ():
        if name not in classes:
            known = ", ".join(f"'{each}'" for each in classes)
            others = "; all other values are one class and weigh 1" if len(classes) == 1 else ""
            raise error_at(
                f"'{name}' is no class of the label: known are {known}{others}",
                *("model", "class_weight", name),
            )
