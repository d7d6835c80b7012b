"""Every mistake in a contract is reported with file, line and column."""

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
    """Return the only mistake, without the file's path."""
    (line,) = mistakes(text)
    assert line.startswith("dir/contract.yaml:")
    return line.removeprefix("dir/contract.yaml:")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "colunms:\n  age: numeric\n" + SMALL,
            "1:1: colunms: unknown key: did you mean columns?",
        ),
        (f"{SMALL}\n\nlabels: {{}}\n", "5:1: labels: unknown key: did you mean label?"),
        ("columns:\n  a:\n    kind: text\n    must: true\n", "4:5: columns.a.must: unknown key"),
        (f"{SMALL}dialect:\n  delimiter: ';'\n  quot: x\n", "5:3: dialect.quot: unknown key"),
        (f"{SMALL}model: {{tree: 16}}\n", "3:9: model.tree: unknown key: did you mean trees?"),
        (f"{SMALL}checks:\n  max: 1\n", "4:3: checks.max: unknown key: known are "),
    ],
)
def test_an_unknown_key_is_reported_at_its_position(text: str, expected: str) -> None:
    assert mistake(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("columns: [age]\n", "1:1: columns: must be keys with values"),
        ("columns: {}\n", "1:1: columns:"),
        (
            "columns:\n  age: number\n",
            "2:3: columns.age.kind: must be 'numeric', 'categorical', 'text' or 'datetime', but is",
        ),
        ("columns:\n  age: 3\n", "2:3: columns.age:"),
        (
            "columns:\n  ok: text\n  age:\n",
            "3:3: columns.age: must be keys with values, but is emp",
        ),
        ("columns:\n  ok: text\n  2020: numeric\n", "3:3: columns.2020"),
        ("format: csv\n", "1:1: columns: is missing"),
        (f"format: parket\n{SMALL}", "1:1: format:"),
        (f"{SMALL}label:\n  positive: a\n", "3:1: label.column: is missing"),
        (f"{SMALL}id: number\n", "3:1: id: must be a list, but is 'number'"),
        (f"{SMALL}missing:\n- ''\n- [1]\n", "5:3: missing.1:"),
        (f"{SMALL}missing: ['', null]\n", "3:15: missing.1:"),
        (f"{SMALL}dialect:\n  delimiter: ''\n", "4:3: dialect.delimiter:"),
        (f"{SMALL}dialect: {{delimiter: '|', comment: '|'}}\n", "3:27: dialect: the comment can't"),
        (
            "columns:\n  age: {kind: numeric, format: d/M/yyyy}\n",
            "2:24: columns.age: the `format` of",
        ),
        ("columns:\n  at: {kind: datetime, format: dd/jj}\n", "2:24: columns.at: 'dd/jj': 'j' is"),
        ("columns:\n  at: {kind: datetime, zone: Mars}\n", "2:24: columns.at: 'Mars' is no time"),
        (
            "columns:\n  at: {kind: datetime, language: xx}\n",
            "2:24: columns.at: 'xx' has no month names here: use one of en, cs",
        ),
        (
            "columns:\n  at: {kind: datetime, first_year: 26}\n",
            "2:24: columns.at.first_year: must be greater than or equal to 1901",
        ),
        ("columns:\n  at: {kind: text, fold_case: true}\n", "2:20: columns.at: a text column"),
        (f"{SMALL}dialect: {{multiline: perhaps}}\n", "3:11: dialect.multiline:"),
        (f"{SMALL}split:\n  train: most\n", "4:3: split.train:"),
        (f"{SMALL}split: {{train: 0}}\n", "3:9: split.train:"),
        (f"{SMALL}checks:\n  max_rejected_share: 5\n", "4:3: checks.max_rejected_share:"),
        (f"{SMALL}model:\n  regularization:\n  - 1\n  - -1\n", "6:5: model.regularization.1:"),
        (f"{SMALL}model:\n  regularization: []\n", "4:3: model.regularization:"),
        (f"{SMALL}model:\n  max_iterations: many\n", "4:3: model.max_iterations:"),
    ],
)
def test_a_wrong_or_missing_value_is_reported_at_its_position(text: str, expected: str) -> None:
    assert mistake(text).startswith(expected)


def test_all_mistakes_are_reported_at_once() -> None:
    lines = mistakes("columns:\n  age: number\nid: 3\nnope: 1\n")
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("columns:\n  a: text\n  b: text\n  a: text\n", "4:3: the key 'a' is repeated"),
        (f"{SMALL}split: {{}}\nsplit: {{}}\n", "4:1: the key 'split' is repeated"),
        ("a: &a [*a]\n", "1:4: is nested more than 50 deep, or an anchor contains itself"),
        ("columns:\n  age: numeric\n  sex: [text\n", "4:1: "),
        ("columns:\n\tage: numeric\n", "2:1: "),
        ("columns: 'age\n", "2:1: "),
        (f"{SMALL}label: a: b\n", "3:9: "),
        (f"{SMALL}--- \n{SMALL}", "3:1: "),
        ("columns:\n  age: \x00\n", "2:8: is not text"),
        ("columns:\n  age: !!python/object:os.system {}\n", "2:8: "),
    ],
)
def test_invalid_yaml_is_reported_at_its_position(text: str, expected: str) -> None:
    assert mistake(text).startswith(expected)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "- columns\n", "columns\n", "3"])
def test_a_contract_must_be_a_mapping(text: str) -> None:
    assert mistake(text) == "1:1: a contract has keys such as `columns` and `label`"


@pytest.mark.parametrize("word", ["yes", "no", "true", "False", "on"])
@pytest.mark.parametrize("written", ["positive: {}", "positive: a, negative: [{}]"])
def test_a_boolean_as_label_must_be_in_quotes(word: str, written: str) -> None:
    text = f"{SMALL}label: {{column: kind, {written.format(word)}}}\n"
    assert re.match(r"3:\d+: label\.(positive|negative\.0): put it in quotes", mistake(text))


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_name_is_reported_at_its_position(name: str) -> None:
    message = f"'{name}' is a reserved name: rename the column in the file"
    assert mistake(f"{SMALL}  {name}: text\n") == f"3:3: {message}"
    assert mistake(f"{SMALL}id:\n- number\n- {name}\n") == f"5:3: {message}"
    assert mistake(f"{SMALL}label:\n  column: {name}\n  positive: a\n") == f"4:3: {message}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dialect: {encoding: nonsense}", "3:11: dialect.encoding: 'nonsense' is not a supported"),
        ("dialect: {encoding: base64}", "3:11: dialect.encoding: 'base64' is not a supported"),
        ("dialect: {encoding: utf-16, multiline: false}", "3:1: dialect: utf-16 can't be split"),
        ("dialect: {delimiter: '\"'}", "3:11: dialect: '\"' can't be the delimiter"),
        ("dialect: {header: no}", "3:11: dialect.header: must be true, or a list"),
        ("dialect: {header: [a, [b]]}", "3:23: dialect.header.1: must be a string, but is"),
        ("dialect: {header: [a, a]}", "3:11: dialect.header: has the name 'a' more than once"),
        ("dialect: {quote: '«'}", "3:11: dialect: '«' can't be the quote"),
        ("dialect: {decimal: ','}", "3:11: dialect: the decimal mark can't also be"),
        (
            "  a: {kind: numeric, format: {thousands: '.'}}",
            "3:31: '.' can't be the decimal mark, too: set another `decimal`",
        ),
        (
            "label: {column: y, kind: numeric, format: {thousands: ',', decimal: ','}}",
            "3:44: ',' can't be the decimal mark, too",
        ),
        ("  a: {kind: text, min: 3}", "3:19: columns.a: a text column can't have the rule `min`"),
        ("  a: {kind: numeric, min: 3, max: 1}", "3:30: columns.a: max, 1, is less than min, 3"),
        ("  a: {kind: text, pattern: '['}", "3:19: columns.a: is not a regular expression"),
        ("  a: {kind: categorical, allowed: []}", "3:26: columns.a: must list at least one value"),
        ("  a: {kind: categorical, allowed: ['?']}", "3:26: '?' is also in `missing`"),
        ("label: {column: age, positive: a}", "2:3: the label 'age' is among the columns"),
        ("label: {column: y, positive: 'NA'}", "3:20: 'NA' is also in `missing`"),
        ("label: {column: y, positive: a, negative: [a]}", "3:20: 'a' is also in `negative`"),
        ("weight: age", "3:1: the weight 'age' is also among `columns` or `id`, or is the label"),
        ("label: {column: y, positive: a, negative: []}", "3:33: label: must list at least one"),
        ("label: {column: y, kind: numeric, positive: a}", "3:35: label: a numeric label can't"),
        ("label: {column: y, negative: [a]}", "3:20: label: `negative` requires `positive`"),
        ("label: {column: y, classes: [a, a]}", "3:20: label: must list at least two different"),
        ("label: {column: y, positive: a, classes: [a, b]}", "3:33: label: must have either"),
        ("split:\n  train: 84", "3:1: split: train and validation must leave at least 1 percent"),
        ("split:\n  train: 90", "3:1: split: train and validation must leave at least 1 percent"),
        ("checks: {unique_id: true}", "3:10: requires `id`"),
        ("checks: {floors: {acuracy: 0.8}}", "3:19: checks.floors.acuracy"),
        (
            "label: {column: y, positive: a}\nchecks: {floors: {rmse: 3}}",
            "4:19: a binary model has no rmse; it has accuracy, f1",
        ),
        (
            "label: {column: y, positive: a}\nmodel: {estimator: linear_regression}",
            "4:9: linear_regression needs a numeric label",
        ),
        (
            "label: {column: y, kind: numeric}\nmodel: {estimator: logistic_regression}",
            "4:9: logistic_regression needs classes",
        ),
        (
            "label: {column: y, kind: numeric}\nmodel: {class_weight: balanced}",
            "4:9: `class_weight` is for classes, but the label is numeric: remove it",
        ),
        (
            "label: {column: y, positive: a}\nmodel: {class_weight: {a: 2, b: 1}}",
            "4:30: 'b' is no class of the label: known are 'a'; all other values are one class",
        ),
        (
            "label: {column: y, classes: [a, b]}\nmodel: {class_weight: {c: 2}}",
            "4:24: 'c' is no class of the label: known are 'a', 'b'",
        ),
        ("model: {class_weight: {a: 0}}", "3:24: model.class_weight.a: must be greater"),
        (
            "model: {class_weight: equal}",
            "3:9: model.class_weight: must be none, balanced, or weights by class such as",
        ),
        (
            "label: {column: y, kind: numeric}\nmodel: {threshold: f1}",
            "4:9: a threshold is for a binary label",
        ),
        ("model: {threshold: recall}", "3:9: model.threshold: must be accuracy, f1, a number"),
        ("model: {threshold: 1}", "3:9: model.threshold: must be less than 1"),
        (
            "model: {threshold: {false_positive: 1}}",
            "3:9: model.threshold.false_negative: is missing",
        ),
        ("report: {hidden: [agee]}", "3:19: 'agee' is not among the columns to learn from: did"),
        (
            "model: {featurizers: {min_ngram: 3}}",
            "3:9: model: max_ngram must be at least min_ngram, 3, but is 2",
        ),
    ],
)
def test_an_inconsistency_is_reported_at_its_position(text: str, expected: str) -> None:
    assert mistake(f"{SMALL}{text}\n").startswith(expected)


@pytest.mark.parametrize(
    ("written", "canonical"), [("latin-1", "iso-8859-1"), ("UTF8", "utf-8"), ("utf-8", "utf-8")]
)
def test_an_encoding_may_have_any_of_its_names(written: str, canonical: str) -> None:
    contract = parse_contract(f"{SMALL}dialect: {{encoding: {written}}}\n", "contract.yaml")
    assert contract.dialect.encoding == canonical


@pytest.mark.parametrize("name", sorted(set(ENCODINGS.values())))
def test_python_knows_the_canonical_name_of_every_encoding(name: str) -> None:
    assert codecs.lookup(name)


def test_a_contract_that_is_not_utf_8_is_an_error_with_the_position(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_bytes(b"columns:\n  pre\xe7o: numeric\n")
    with pytest.raises(ContractError, match=r"contract\.yaml:2:6: byte 0xe7 is not UTF-8"):
        load_contract(str(path))


@pytest.mark.parametrize(
    ("multiples", "problem"),
    [
        ("{k: 1000, K: 1024}", "has a name twice, in upper and lower case"),
        ("{k: 0}", "must be greater than 0"),
        ("{k: .inf}", "must be a finite number"),
        ("{'5': 2}", "can't have digits, blanks, signs, parentheses or backslashes, but is '5'"),
    ],
)
def test_multiples_that_make_no_sense_are_mistakes(multiples: str, problem: str) -> None:
    found = mistake(f"columns:\n  a: {{kind: numeric, format: {{multiples: {multiples}}}}}\n")
    assert problem in found


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        ("kind: numeric, blank: 'no'", "a numeric label can't have `blank`"),
        ("positive: x, negative: [n], blank: 'no'", "'no' is not among the label's values"),
        ("classes: [x, n], blank: 'no'", "'no' is not among the label's values"),
        ("positive: x, blank: '?'", "'?' is also in `missing`"),
        ("positive: x, blank: 'No', fold_case: true", "'No' must be in lower case"),
    ],
)
def test_a_blank_label_is_one_of_its_classes(label: str, problem: str) -> None:
    assert problem in mistake(f"columns: {{a: numeric}}\nlabel: {{column: y, {label}}}\n")


def test_a_duration_has_no_other_keys() -> None:
    found = mistake("columns:\n  a: {kind: numeric, format: {duration: 'm:ss', unit: s}}\n")
    assert "a duration has no other keys beside it" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "columns: {a: {kind: numeric, format: {thousand: ','}}}",
            "1:39: columns.a.format.thousand: unknown key: did you mean thousands?",
        ),
        (
            "columns: {a: {kind: numeric, format: {unit: '5'}}}",
            "1:39: columns.a.format.unit: can't have digits, signs, parentheses or backslashes",
        ),
        (
            "columns: {a: {kind: numeric, format: 5}}",
            "1:30: columns.a.format: must be keys with values, but is 5",
        ),
        (
            "columns: {a: numeric}\nlabel: {column: y, kind: numeric, format: {decimals: ','}}",
            "2:44: label.format.decimals: unknown key: did you mean decimal?",
        ),
        ("columns: {a: {kind: datetime, format: ''}}", "1:31: columns.a: '' is no pattern of"),
        ("columns: {a: {kind: categorical, hashed: x}}", "1:34: columns.a.hashed: must be an inte"),
    ],
)
def test_a_mistake_in_a_format_names_the_keys_of_the_contract_alone(
    text: str, expected: str
) -> None:
    assert mistake(text).startswith(expected)
