"""A version is a digest of all that determines an asset, and of nothing else."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spark_jobs.runtime.version import digest, version_of

NAMES = st.text(max_size=5)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(NAMES, JSON, max_size=4)
TEXTS = st.text(max_size=10)
INGREDIENTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "asset": TEXTS,
        "code": TEXTS,
        "contract": MAPPINGS,
        "params": MAPPINGS,
        "inputs": st.dictionaries(TEXTS, TEXTS, max_size=3),
        "spark": TEXTS,
    }
)


def version(ingredients: Mapping[str, Any]) -> str:
    rest = {name: value for name, value in ingredients.items() if name != "asset"}
    return version_of(ingredients["asset"], **rest)


def reordered(value: Any) -> Any:
    """The same value with its keys in reverse."""
    match value:
        case dict():
            return {key: reordered(value[key]) for key in reversed(value)}
        case list():
            return [reordered(each) for each in value]
        case _:
            return value


@given(INGREDIENTS)
def test_a_version_has_32_hex_digits(ingredients: dict[str, Any]) -> None:
    assert re.fullmatch("[0-9a-f]{32}", version(ingredients))


@given(INGREDIENTS)
def test_the_same_ingredients_in_any_order_make_the_same_version(
    ingredients: dict[str, Any],
) -> None:
    assert version(ingredients) == version(reordered(ingredients))


@given(INGREDIENTS)
def test_ingredients_that_went_through_json_make_the_same_version(
    ingredients: dict[str, Any],
) -> None:
    assert version(ingredients) == version(json.loads(json.dumps(ingredients)))


@pytest.mark.parametrize("name", ["asset", "code", "contract", "params", "inputs", "spark"])
@given(ingredients=INGREDIENTS, other=INGREDIENTS)
def test_changing_an_ingredient_makes_another_version(
    name: str, ingredients: dict[str, Any], other: dict[str, Any]
) -> None:
    def written(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    assume(written(ingredients[name]) != written(other[name]))
    assert version(ingredients) != version({**ingredients, name: other[name]})


def test_a_version_is_the_same_in_every_process() -> None:
    command = "from spark_jobs.runtime.version import digest; print(digest({'é': [1, 0.1, None]}))"
    other = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert other.stdout.decode().strip() == digest({"é": [1, 0.1, None]})


def test_a_number_without_a_meaning_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        digest({"tolerance": float("nan")})
