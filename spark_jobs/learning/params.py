"""The parameters of a model as its job gets them: JSON values with every default filled in."""

from typing import Literal, TypedDict

SEED = 17  # of every fit that depends on chance

EstimatorName = Literal[
    "logistic_regression", "linear_regression", "random_forest", "gradient_boosted_trees"
]
# or the weight of each class by name
ClassWeight = Literal["none", "balanced"] | dict[str, float]


class FalsePredictionCosts(TypedDict):
    """What a false positive and a false negative cost, in any unit."""

    false_positive: float
    false_negative: float


# what the decision threshold is best for, or the threshold itself
Threshold = Literal["accuracy", "f1"] | FalsePredictionCosts | float


class _FeaturizerBase(TypedDict):
    text: Literal["hashing_tf", "tf_idf", "word2vec"]
    numeric: Literal["standard", "minmax"]
    min_ngram: int
    max_ngram: int
    binary: bool
    stop_words: str


class FeaturizerParams(_FeaturizerBase):
    """How columns become a vector, as the contract has it; `dimensions` may be left open.

    `text` and `numeric` say how texts become numbers and how numbers are scaled, `dimensions` is
    the length of a text's vector. A hashed term has `min_ngram` to `max_ngram` words, and counts
    once if `binary`. `stop_words` is `none` or the language whose stop words are left out.
    """

    dimensions: int | None


class FeaturizerSettings(_FeaturizerBase):
    """A complete `FeaturizerParams`; `index` is its position in the contract."""

    index: int
    dimensions: int


class ModelParams(TypedDict):
    """The contract's `model`. Lists hold the values to choose from on the validation split.

    `max_iterations` is null where the estimator's own limit applies. `auto` tries the estimators
    that suit the columns.
    """

    featurizers: list[FeaturizerParams]
    estimator: EstimatorName | Literal["auto"]
    regularization: list[float]
    elastic_net: list[float]
    max_iterations: int | None
    tolerance: float
    trees: int
    max_depth: list[int]
    class_weight: ClassWeight
    threshold: Threshold
