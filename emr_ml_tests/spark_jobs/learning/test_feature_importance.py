"""Which features a model relies on."""

import numpy as np

from spark_jobs.learning.feature_importance import (
    FEATURES_PER_CLASS,
    FEATURES_PER_SIGN,
    SHOWN_CLASSES,
    strongest_weights,
)


def test_weights_of_both_signs_are_listed_greatest_first_and_zeros_are_not() -> None:
    found = strongest_weights(np.array([[0.5, 0.0, -2.0, 3.0, -1.0]]), ())

    assert [each.index for each in found] == [3, 0, 2, 4]
    assert [each.value for each in found] == [3.0, 0.5, -2.0, -1.0]


def test_of_many_features_some_of_each_sign_are_listed() -> None:
    row = np.linspace(-1, 1, 1000)

    found = strongest_weights(row[None], ())

    assert [each.value > 0 for each in found] == [True] * FEATURES_PER_SIGN + [
        False
    ] * FEATURES_PER_SIGN
    assert (found[0].index, found[FEATURES_PER_SIGN].index) == (999, 0)


def test_each_of_several_classes_has_its_own_weights() -> None:
    weights = np.array([[1.0, -1.0, 0.0], [0.0, 2.0, 3.0]])

    found = strongest_weights(weights, ("a", "b"))

    assert [(each.class_, each.index) for each in found] == [("a", 0), ("b", 2), ("b", 1)]


def test_of_many_classes_those_with_the_strongest_features_are_listed() -> None:
    classes = [str(number) for number in range(100)]
    weights = np.arange(100)[:, None] * np.ones(10)

    found = strongest_weights(weights, classes)

    assert len(found) == SHOWN_CLASSES * FEATURES_PER_CLASS
    assert {each.class_ for each in found} == set(classes[-SHOWN_CLASSES:])
