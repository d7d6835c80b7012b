"""What a contract says, however it is written, and where it is read from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from emr_ml.contract import Contract, ContractError, load_contract, parse_contract
from emr_ml.contract.schema import estimator_of
from emr_ml.settings import CONTRACTS

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

SMALL = "columns:\n  age: numeric\n"


def parse(text: str) -> Contract:
    return parse_contract(text, "contract.yaml")


def label(text: str) -> Any:
    """The label of a contract whose `positive` is written like this."""
    return parse(f"{SMALL}label: {{column: kind, positive: {text}}}").pick("label")["label"]


def test_a_column_may_be_written_short_or_long() -> None:
    short = "columns:\n  age: numeric\n"
    long = "columns:\n  age:\n    kind: numeric\n    required: false\n"
    assert parse(short) == parse(long)


def test_a_column_may_be_required() -> None:
    contract = parse("columns:\n  age: {kind: numeric, required: true}\n")
    assert contract.columns["age"].required


def test_a_contract_of_columns_alone_has_a_default_for_all_else() -> None:
    assert parse(SMALL).pick("format", "label", "id", "split", "missing") == {
        "format": "csv",
        "label": None,
        "id": [],
        "split": {"train": 64, "validation": 16},
        "missing": ["", "?", "NA"],
    }


@pytest.mark.parametrize(
    "written", ["1", "0", "-1", "1.0", "1.50", "01", "1_000", "0x1F", "1.", ".5", "1e3", "-.inf"]
)
def test_a_number_as_label_is_the_text_that_was_written(written: str) -> None:
    assert label(written)["positive"] == written


@pytest.mark.parametrize("written", ["malignant", "'1'", '"yes"', '"1.0"'])
def test_a_text_as_label_stays_as_it_is(written: str) -> None:
    assert label(written)["positive"] == written.strip("'\"")


def test_numbers_among_the_missing_are_the_texts_that_were_written() -> None:
    assert parse(f"{SMALL}missing: [-999, 9.90, '']").missing == ("-999", "9.90", "")


def test_numbers_where_numbers_belong_are_numbers() -> None:
    contract = parse(
        f"{SMALL}split: {{train: 0x32, validation: 1_0}}\nmodel: {{tolerance: 1.0e-3}}"
    )
    assert (contract.split.train, contract.split.validation) == (50, 10)
    assert contract.model.tolerance == 0.001


def test_the_names_of_a_file_are_columns_label_and_id_each_once() -> None:
    contract = parse(f"{SMALL}label: {{column: kind, positive: a}}\nid: [number, age]\n")
    assert contract.names == ("age", "kind", "number")


def test_pick_gives_only_what_was_asked_for() -> None:
    assert list(parse(SMALL).pick("columns", "split")) == ["columns", "split"]


def test_what_pick_gives_is_json() -> None:
    text = f"{SMALL}id: [number]\nlabel: {{column: kind, positive: 1, negative: [0]}}\n"
    picked = parse(text).pick(*Contract.model_fields)
    assert json.loads(json.dumps(picked)) == picked


def test_a_byte_order_mark_is_no_part_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(SMALL, encoding="utf-8-sig")
    assert load_contract(str(path)) == parse(SMALL)


def test_names_of_columns_may_hold_any_letter(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text('columns:\n  "preço: média": numeric\n  名前: text\n', encoding="utf-8")
    assert list(load_contract(str(path)).columns) == ["preço: média", "名前"]


def test_a_contract_in_s3_is_loaded(s3: "S3") -> None:
    s3.put("some/contract.yaml", SMALL.encode())
    assert load_contract(s3.uri("some/contract.yaml")) == parse(SMALL)


def test_an_error_in_a_contract_in_s3_has_its_address(s3: "S3") -> None:
    s3.put("contract.yaml", b"columns: 1\n")
    with pytest.raises(ContractError, match=f"^{s3.uri('contract.yaml')}:1:1: columns: "):
        load_contract(s3.uri("contract.yaml"))


@pytest.mark.parametrize("key", ["absent.yaml", "folder/", ""])
def test_a_contract_that_is_not_in_s3_is_an_error(s3: "S3", key: str) -> None:
    with pytest.raises(ContractError, match=f"there is no contract at {s3.uri(key)}"):
        load_contract(s3.uri(key))


@pytest.mark.parametrize("name", ["absent.yaml", "absent/contract.yaml", "", "/"])
def test_a_contract_that_is_not_there_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractError, match=r"there is no contract at .* check EMR_ML_DATASET"):
        load_contract(f"{tmp_path}{name and '/'}{name}")


def test_a_relative_path_starts_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contract.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    assert load_contract("contract.yaml") == parse(SMALL)


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_contract_of_the_project_loads(path: Path) -> None:
    assert load_contract(str(path)).columns


def test_a_featurizer_may_be_named_alone_or_in_a_list() -> None:
    long = "model: {featurizers: [{text: word2vec}]}\n"
    for short in ("featurizers: word2vec", "featurizers: [word2vec]"):
        assert parse(f"{SMALL}model: {{{short}}}\n") == parse(SMALL + long)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("positive: a", "binary"),
        ("positive: a, negative: [b]", "binary"),
        ("classes: [a, b, c]", "multiclass"),
        ("kind: categorical", "multiclass"),
        ("kind: numeric", "regression"),
    ],
)
def test_the_label_says_what_is_to_be_learned(written: str, problem: str) -> None:
    found = parse(f"{SMALL}label: {{column: kind, {written}}}").label
    assert found and found.problem == problem


def test_blanks_around_a_value_do_not_count() -> None:
    assert label("' >50K '")["positive"] == ">50K"


def test_a_name_is_the_same_however_its_accents_are_written() -> None:
    assert parse("columns: {e\u0301: numeric}\n") == parse("columns: {é: numeric}\n")


@pytest.mark.parametrize(
    ("named", "label_is", "estimator"),
    [
        ("auto", "positive: a", "logistic_regression"),
        ("auto", "kind: numeric", "linear_regression"),
        ("random_forest", "kind: numeric", "random_forest"),
        ("random_forest", "positive: a", "random_forest"),
    ],
)
def test_the_estimator_goes_by_the_label(named: str, label_is: str, estimator: str) -> None:
    contract = parse(f"{SMALL}label: {{column: y, {label_is}}}\nmodel: {{estimator: {named}}}\n")
    assert contract.label
    assert estimator_of(contract.model.estimator, contract.label) == estimator
