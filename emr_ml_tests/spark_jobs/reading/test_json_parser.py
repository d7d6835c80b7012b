"""JSON lines, against Python's json module."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.reading.json_parser import Line, head_values, parse_lines, values_of
from spark_jobs.runtime.job import JobError

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
OBJECTS = st.dictionaries(
    st.text(alphabet="abc", min_size=1, max_size=3),
    st.recursive(
        SCALARS, lambda inner: st.dictionaries(st.sampled_from("xyz"), inner), max_leaves=6
    ),
    max_size=4,
)


def lines(text: str, max_characters: int = 1000) -> list[Line]:
    return list(parse_lines(io.BytesIO(text.encode()), "a.jsonl", max_characters))


def leaves(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, field in value.items():
        if isinstance(field, dict):
            found |= leaves(field, f"{prefix}{key}.")
        elif isinstance(field, bool):
            found[f"{prefix}{key}"] = json.dumps(field)
        else:
            found[f"{prefix}{key}"] = field if field is None else str(field)
    return found


@given(st.lists(OBJECTS, max_size=5))
def test_each_line_has_the_values_of_its_object_by_path(objects: list[dict[str, Any]]) -> None:
    found = lines("".join(json.dumps(each) + "\n" for each in objects))

    assert [line.values for line in found] == [leaves(each) for each in objects]
    assert [line.number for line in found] == [*range(1, len(objects) + 1)]


@pytest.mark.parametrize("text", ["[1]", "3", '"a"', "null", "{", "{'a': 1}", "[" * 100_000])
def test_what_is_no_object_has_no_values(text: str) -> None:
    assert values_of(text) is None


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}', '{"a.b": 1, "a": {"b": 2}}']
)
def test_an_object_with_two_values_for_one_path_has_none(text: str) -> None:
    assert values_of(text) is None


def test_numbers_keep_their_digits_and_lists_their_json() -> None:
    text = '{"a": 1.50, "b": 12345678901234567890, "c": ["é", 1], "d": 1e3, "e": NaN}'
    assert values_of(text) == {
        "a": "1.50",
        "b": "12345678901234567890",
        "c": '["é", "1"]',
        "d": "1e3",
        "e": "NaN",
    }


def test_blank_lines_and_a_byte_order_mark_are_no_rows() -> None:
    assert [line.values for line in lines('\ufeff{"a": "x"}\n\n  \n{"a": "y"}')] == [
        {"a": "x"},
        {"a": "y"},
    ]


def test_a_line_that_is_too_long_is_an_error_with_its_number() -> None:
    with pytest.raises(JobError, match=r"a\.jsonl: line 2 is longer than `max_record_bytes`, 20:"):
        lines('{"a": 1}\n{"a": "' + "x" * 50 + '"}\n', max_characters=20)


@given(
    st.lists(OBJECTS | SCALARS, max_size=5),
    st.sampled_from([None, 0, 2]),
    st.sampled_from(["", "\n", "\ufeff", " \r\n"]),
)
def test_a_list_has_the_values_of_its_objects(
    values: list[Any], indent: int | None, before: str
) -> None:
    text = before + json.dumps(values, indent=indent, ensure_ascii=False) + "\n"

    found = lines(text)

    expected = [leaves(each) if isinstance(each, dict) else None for each in values]
    assert [line.values for line in found] == expected
    assert [line.number for line in found] == [*range(1, len(values) + 1)]
    assert head_values(text) == expected


def test_a_list_of_more_than_is_read_at_once() -> None:
    objects = [{"a": number, "b": "x" * (number % 3_000)} for number in range(1_000)]

    found = lines(json.dumps(objects), max_characters=4_000)

    assert [line.values for line in found] == [{"a": str(n["a"]), "b": n["b"]} for n in objects]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"a": 1}', "element 1 is followed by nothing: the file is cut off"),
        ('[{"a": 1}, {"a"', "element 2 is no JSON, or is cut off"),
        ("[{'a': 1}]", "element 1 is no JSON, or is cut off"),
        ('[{"a": 1},]', "element 2 is no JSON, or is cut off"),
        ('[{"a": 1} {"a": 2}]', "element 1 is followed by something else than a comma"),
        ('[{"a": 1}]\n[{"a": 2}]', "goes on after its list has ended"),
        ("[{" + '"a": 1, ' * 200_000, "element 1 is longer than `max_record_bytes`, 1,000"),
    ],
)
def test_a_broken_list_is_an_error_with_the_element(text: str, problem: str) -> None:
    with pytest.raises(JobError, match=r"^a\.jsonl ") as caught:
        lines(text)

    assert problem in str(caught.value)


def test_the_head_of_a_list_that_is_cut_off_has_its_whole_elements() -> None:
    assert head_values('[{"a": 1}, {"a": 2}, {"a"') == [{"a": "1"}, {"a": "2"}, None]
