"""Every mistake in a contract is told with its file, line and column."""

import codecs
import re
from pathlib import Path

import pytest

from emr_ml.contract import ContractError, load_contract, parse_contract
from emr_ml.contract.dialect import ENCODINGS
from spark_jobs.columns import RESERVED

SMALL = "columns:\n  age: numeric\n"


def mistakes(text: str) -> list[str]:
    with pytest.raises(ContractError) as caught:
        parse_contract(text, "dir/contract.yaml")
    return str(caught.value).splitlines()


def mistake(text: str) -> str:
    """The only mistake, without the path in front."""
    (line,) = mistakes(text)
    assert line.startswith("dir/contract.yaml:")
    return line.removeprefix("dir/contract.yaml:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("colunms:\n  age: numeric\n" + SMALL, "1:1: colunms: there is no such key"),
        (f"{SMALL}\n\nlabels: {{}}\n", "5:1: labels: there is no such key"),
        (
            "columns:\n  age:\n    kind: numeric\n    must: true\n",
            "4:5: columns.age.must: there is",
        ),
        (f"{SMALL}dialect:\n  delimiter: ';'\n  quot: x\n", "5:3: dialect.quot: there is no such"),
        (f"{SMALL}model: {{tree: 16}}\n", "3:9: model.tree: there is no such key"),
        (f"{SMALL}checks:\n  max: 1\n", "4:3: checks.max: there is no such key"),
    ],
)
def test_a_key_that_is_not_known_is_shown_where_it_stands(text: str, expected: str) -> None:
    assert mistake(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("columns: [age]\n", "1:1: columns:"),
        ("columns: {}\n", "1:1: columns:"),
        ("columns:\n  age: number\n", "2:3: columns.age.kind:"),
        ("columns:\n  age: 3\n", "2:3: columns.age:"),
        ("columns:\n  ok: text\n  age:\n", "3:3: columns.age:"),
        ("columns:\n  ok: text\n  2020: numeric\n", "3:3: columns.2020"),
        (f"format: parket\n{SMALL}", "1:1: format:"),
        (f"{SMALL}id: number\n", "3:1: id:"),
        (f"{SMALL}missing:\n- ''\n- [1]\n", "5:3: missing.1:"),
        (f"{SMALL}missing: ['', null]\n", "3:15: missing.1:"),
        (f"{SMALL}dialect:\n  delimiter: ';;'\n", "4:3: dialect.delimiter:"),
        (f"{SMALL}dialect: {{multiline: perhaps}}\n", "3:11: dialect.multiline:"),
        (f"{SMALL}split:\n  train: most\n", "4:3: split.train:"),
        (f"{SMALL}split: {{train: 0}}\n", "3:9: split.train:"),
        (f"{SMALL}checks:\n  max_rejected_share: 5\n", "4:3: checks.max_rejected_share:"),
        (f"{SMALL}model:\n  regularization:\n  - 1\n  - -1\n", "6:5: model.regularization.1:"),
        (f"{SMALL}model:\n  regularization: []\n", "4:3: model.regularization:"),
        (f"{SMALL}model:\n  max_iterations: many\n", "4:3: model.max_iterations:"),
    ],
)
def test_a_value_of_the_wrong_kind_is_shown_where_it_stands(text: str, place: str) -> None:
    assert mistake(text).startswith(place)


def test_columns_that_are_missing_are_said_to_be() -> None:
    assert mistake("format: csv\n") == "1:1: columns: is missing"


def test_a_label_without_a_column_is_shown_where_it_stands() -> None:
    assert mistake(f"{SMALL}label:\n  positive: a\n") == "3:1: label.column: is missing"


def test_a_column_of_two_kinds_is_shown_at_the_second() -> None:
    text = "columns:\n  age: numeric\n  sex: text\n  age: text\n"
    assert mistake(text) == "4:3: 'age' stands here a second time"


def test_a_key_that_stands_twice_is_shown_at_the_second() -> None:
    assert mistake(f"{SMALL}split: {{}}\nsplit: {{}}\n") == "4:1: 'split' stands here a second time"


def test_a_label_among_the_columns_is_shown_there() -> None:
    text = "label: {column: kind, positive: a}\ncolumns:\n  age: numeric\n  kind: text\n"
    assert mistake(text).startswith("4:3: the label 'kind' is among the columns")


@pytest.mark.parametrize("train", ["84", "90"])
def test_a_split_that_leaves_no_test_side_is_shown(train: str) -> None:
    text = f"{SMALL}split:\n  train: {train}\n"
    assert mistake(text).startswith("3:1: split: train and validation must leave")


@pytest.mark.parametrize("name", RESERVED)
def test_a_column_with_a_name_that_the_jobs_use_is_shown(name: str) -> None:
    assert mistake(f"{SMALL}  {name}: text\n").startswith(f"3:3: '{name}' is a name that the jobs")


def test_an_id_with_a_name_that_the_jobs_use_is_shown() -> None:
    assert mistake(f"{SMALL}id:\n- number\n- row_id\n").startswith("5:3: 'row_id' is a name")


def test_a_label_with_a_name_that_the_jobs_use_is_shown() -> None:
    text = f"{SMALL}label:\n  column: prediction\n  positive: a\n"
    assert mistake(text).startswith("4:3: 'prediction' is a name")


@pytest.mark.parametrize("word", ["yes", "no", "true", "False", "on"])
@pytest.mark.parametrize("key", ["positive", "negative"])
def test_a_truth_value_as_label_is_to_be_put_in_quotes(word: str, key: str) -> None:
    values = {"positive": "a", "negative": "[b]"}
    values[key] = f"[{word}]" if key == "negative" else word
    text = f"{SMALL}label:\n  column: kind\n" + "".join(f"  {k}: {v}\n" for k, v in values.items())
    assert re.match(rf"[56]:\d+: label.{key}.*: put it in quotes", mistake(text))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("columns:\n  age: numeric\n  sex: [text\n", "4:1: "),
        ("columns:\n\tage: numeric\n", "2:1: "),
        ("columns: 'age\n", "2:1: "),
        (f"{SMALL}label: a: b\n", "3:9: "),
        (f"{SMALL}--- \n{SMALL}", "3:1: "),
        ("columns:\n  age: \x00\n", "2:8: is not text"),
        ("columns:\n  age: !!python/object:os.system {}\n", "2:8: "),
    ],
)
def test_what_is_not_yaml_is_shown_where_it_breaks(text: str, place: str) -> None:
    assert mistake(text).startswith(place)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "- columns\n", "columns\n", "3"])
def test_what_is_no_mapping_is_told_what_a_contract_has(text: str) -> None:
    assert mistake(text) == "1:1: a contract has keys such as `columns` and `label`"


def test_all_mistakes_are_told_at_once() -> None:
    lines = mistakes("columns:\n  age: number\nid: 3\nnope: 1\n")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dialect:\n  encoding: nonsense\n", "4:3: dialect.encoding: 'nonsense' is no encoding"),
        ("dialect:\n  encoding: base64\n", "4:3: dialect.encoding: 'base64' is no encoding"),
        (
            "dialect:\n  encoding: utf-16\n  multiline: false\n",
            "3:1: dialect: utf-16 can't be split",
        ),
        ("dialect: {delimiter: '\"'}\n", "3:11: dialect: '\"' can't be the delimiter"),
        ("label: {column: y, positive: 'NA'}\n", "3:20: 'NA' is among `missing`"),
    ],
)
def test_what_spark_could_not_read_is_refused(text: str, expected: str) -> None:
    assert mistake(SMALL + text).startswith(expected)


@pytest.mark.parametrize(
    ("written", "for_spark"), [("latin-1", "iso-8859-1"), ("UTF8", "utf-8"), ("utf-8", "utf-8")]
)
def test_an_encoding_may_go_by_any_of_its_names(written: str, for_spark: str) -> None:
    contract = parse_contract(f"{SMALL}dialect: {{encoding: {written}}}\n", "contract.yaml")

    assert contract.dialect.encoding == for_spark


@pytest.mark.parametrize("name", sorted(set(ENCODINGS.values())))
def test_the_name_of_every_encoding_is_known_to_python_too(name: str) -> None:
    assert codecs.lookup(name)


def test_an_anchor_that_holds_itself_is_refused() -> None:
    assert mistake("a: &a [*a]\n") == (
        "1:4: is nested more than 50 deep, or an anchor holds itself"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "columns:\n  a: {kind: text, min: 3}\n",
            "2:19: columns.a: a text column has no rule `min`",
        ),
        ("columns:\n  a: {kind: numeric, min: 3, max: 1}\n", "2:30: columns.a: no number is at"),
        (
            "columns:\n  a: {kind: text, pattern: '['}\n",
            "2:19: columns.a: is no regular expression",
        ),
        ("columns:\n  a: {kind: categorical, allowed: []}\n", "2:26: columns.a: names no value"),
        (
            "columns:\n  a: {kind: categorical, allowed: ['?']}\n",
            "2:26: '?' is among `missing`, too",
        ),
        (f"{SMALL}checks: {{unique_id: true}}\n", "3:10: needs the columns of the `id`"),
        (
            f"{SMALL}checks: {{floors: {{acuracy: 0.8}}}}\n",
            "3:19: checks.floors.acuracy",
        ),
        (
            f"{SMALL}label: {{column: y, positive: a}}\nchecks: {{floors: {{rmse: 3}}}}\n",
            "4:19: models of this label have no rmse; they have accuracy, f1",
        ),
        (f"{SMALL}label: {{column: y, kind: numeric, positive: a}}\n", "3:35: label: a numeric"),
        (f"{SMALL}label: {{column: y, negative: [a]}}\n", "3:20: label: `negative` is of use only"),
        (f"{SMALL}label: {{column: y, classes: [a, a]}}\n", "3:20: label: names fewer than two"),
        (
            f"{SMALL}label: {{column: y, positive: a, classes: [a, b]}}\n",
            "3:33: label: is either of two classes",
        ),
        (
            f"{SMALL}label: {{column: y, positive: a}}\nmodel: {{estimator: linear_regression}}\n",
            "4:9: linear_regression needs a numeric label",
        ),
        (
            "label: {column: y, kind: numeric}\n"
            + SMALL
            + "model: {estimator: logistic_regression}",
            "4:9: logistic_regression needs classes",
        ),
        (
            f"{SMALL}model: {{featurizers: {{min_ngram: 3}}}}\n",
            "3:9: model: no term has at least 3 words and at most 2",
        ),
        (f"{SMALL}dialect: {{header: no}}\n", "3:11: dialect.header: must be true, or"),
        (f"{SMALL}dialect: {{header: [a, a]}}\n", "3:11: dialect.header: names 'a' twice"),
        (f"{SMALL}dialect: {{quote: '«'}}\n", "3:11: dialect: '«' can't be the quote"),
        (f"{SMALL}dialect: {{decimal: ','}}\n", "3:11: dialect: the decimal mark can't be"),
    ],
)
def test_what_does_not_fit_together_is_shown_where_it_stands(text: str, expected: str) -> None:
    assert mistake(text).startswith(expected)


def test_a_wrong_value_is_shown_with_what_it_must_be() -> None:
    assert mistake("columns:\n  age: number\n") == (
        "2:3: columns.age.kind: must be 'numeric', 'categorical' or 'text', but is 'number'"
    )


def test_a_key_with_a_typing_error_is_told_what_was_probably_meant() -> None:
    assert mistake(f"{SMALL}model: {{estimater: x}}\n").endswith("'estimator' was probably meant")


def test_a_contract_that_is_not_utf_8_is_told_where(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_bytes(b"columns:\n  pre\xe7o: numeric\n")

    with pytest.raises(ContractError, match=r"contract\.yaml:2:6: byte 0xe7 is not UTF-8"):
        load_contract(str(path))
