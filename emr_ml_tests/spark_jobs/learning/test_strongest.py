"""Which features a model goes by."""

import numpy as np

from spark_jobs.learning.strongest import MOST_CLASSES, OF_A_CLASS, OF_EACH_SIGN, strong_places


def test_both_signs_are_told_the_greatest_first_and_nothing_without_weight() -> None:
    found = strong_places(np.array([[0.5, 0.0, -2.0, 3.0, -1.0]]), ())

    assert [each.place for each in found] == [3, 0, 2, 4]
    assert [each.weight for each in found] == [3.0, 0.5, -2.0, -1.0]


def test_of_many_features_some_of_each_sign_are_told() -> None:
    row = np.linspace(-1, 1, 1000)

    found = strong_places(row[None], ())

    assert [each.weight > 0 for each in found] == [True] * OF_EACH_SIGN + [False] * OF_EACH_SIGN
    assert (found[0].place, found[OF_EACH_SIGN].place) == (999, 0)


def test_each_of_several_classes_has_its_own() -> None:
    weights = np.array([[1.0, -1.0, 0.0], [0.0, 2.0, 3.0]])

    found = strong_places(weights, ("a", "b"))

    assert [(each.class_, each.place) for each in found] == [("a", 0), ("b", 2), ("b", 1)]


def test_of_many_classes_those_with_the_strongest_features_are_told() -> None:
    classes = [str(number) for number in range(100)]
    weights = np.arange(100)[:, None] * np.ones(10)

    found = strong_places(weights, classes)

    assert len(found) == MOST_CLASSES * OF_A_CLASS
    assert {each.class_ for each in found} == set(classes[-MOST_CLASSES:])
