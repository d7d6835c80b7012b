"""A contract for JSON lines."""

import json
from pathlib import Path

import pytest

from emr_ml.sources.header import read_head
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import choices, floats, infer_content

OBJECTS = [
    {"n": number, "at": {"city": city}, "tags": ["x"], "y": label}
    for number, city, label in zip(
        floats(), choices("Rome", "Oslo"), choices("yes", "no"), strict=True
    )
]
TEXT = "".join(json.dumps(each) + "\n" for each in OBJECTS)


def test_fields_are_columns_by_their_paths(tmp_path: Path) -> None:
    inferred = infer_content(tmp_path, TEXT, name="data.jsonl")

    assert inferred.contract.format == "jsonl"
    assert inferred.kinds == {"n": "numeric", "at.city": "categorical"}
    assert "excluded: a list in each row" in inferred.line("# tags")


def test_the_columns_of_the_file_are_those_of_the_contract(tmp_path: Path) -> None:
    contract = infer_content(tmp_path, TEXT, name="data.jsonl").contract
    body = TEXT.encode()

    columns = read_head(
        lambda start, size: body[start : start + size], len(body), "a", contract
    ).columns

    assert columns == ("n", "at.city", "tags", "y")


def test_a_field_that_only_later_lines_have_may_be_in_the_contract(tmp_path: Path) -> None:
    contract = infer_content(tmp_path, TEXT, name="data.jsonl").contract
    body = b'{"n": 1}\n' * 20_000

    columns = read_head(
        lambda start, size: body[start : start + size], len(body), "a", contract
    ).columns

    assert {*contract.names} <= {*columns}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_may_be_one_list_of_objects(tmp_path: Path, indent: int | None) -> None:
    inferred = infer_content(tmp_path, json.dumps(OBJECTS, indent=indent), name="data.json")

    assert inferred.contract.format == "jsonl"
    assert inferred.kinds == {"n": "numeric", "at.city": "categorical"}
    assert inferred.profile.sample.rows == len(OBJECTS)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"a": 1,\n "b": 2}\n', "jq -c . "),
        (json.dumps({"rows": OBJECTS, "total": 3}), """jq -c '.["rows"][]' """),
        (json.dumps({"it's": OBJECTS}, indent=1), "jq -c "),
    ],
)
def test_other_json_is_an_error_with_the_command_that_converts_it(
    tmp_path: Path, text: str, command: str
) -> None:
    with pytest.raises(SourceError) as caught:
        infer_content(tmp_path, text, name="data.json")

    assert command in str(caught.value)


def test_rows_with_half_of_a_character_are_not_sampled(tmp_path: Path) -> None:
    broken = b'{"s\xee": "x", "y": "\\ud800"}\n'

    inferred = infer_content(tmp_path, TEXT.encode() + broken * 9, "y", name="data.jsonl")

    label = inferred.contract.label
    assert label and label.negative == ("no",)
    assert inferred.kinds == {"n": "numeric", "at.city": "categorical"}


def test_a_list_of_one_object_has_one_row_from_which_nothing_is_learned(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can be learned from: 'a': always '1'"):
        infer_content(tmp_path, '[{"a": 1}]', name="data.json")
