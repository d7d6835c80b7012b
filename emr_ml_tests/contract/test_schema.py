"""What a contract means, however it is written, and where it is loaded from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emr_ml.contract import Contract, ContractError, load_contract, parse_contract
from emr_ml.settings import CONTRACTS

if TYPE_CHECKING:
    from emr_ml_tests.s3_server import S3

SMALL = "columns:\n  age: numeric\n"


def parse(text: str) -> Contract:
    return parse_contract(text, "contract.yaml")


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (SMALL, "columns:\n  age:\n    kind: numeric\n    required: false\n"),
        (
            f"{SMALL}model: {{featurizers: word2vec}}",
            f"{SMALL}model: {{featurizers: [{{text: word2vec}}]}}",
        ),
        (
            f"{SMALL}model: {{featurizers: [word2vec]}}",
            f"{SMALL}model: {{featurizers: [{{text: word2vec}}]}}",
        ),
        pytest.param(
            "columns: {e\u0301: numeric}", "columns: {é: numeric}", id="an accented letter"
        ),
    ],
)
def test_two_ways_of_writing_are_equal(short: str, long: str) -> None:
    assert parse(short) == parse(long)


def test_a_column_may_be_required() -> None:
    assert parse("columns:\n  age: {kind: numeric, required: true}\n").columns["age"].required


def test_all_but_the_columns_have_defaults() -> None:
    assert parse(SMALL).pick("format", "label", "id", "split", "missing") == {
        "format": "csv",
        "label": None,
        "id": [],
        "split": {"train": 64, "validation": 16},
        "missing": ["", "?", "NA"],
    }


NUMBERS = ["1", "0", "-1", "1.0", "1.50", "01", "1_000", "0x1F", "1.", ".5", "1e3", "-.inf"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((number, number) for number in NUMBERS),
        ("malignant", "malignant"),
        ("'1'", "1"),
        ('"yes"', "yes"),
        ('"1.0"', "1.0"),
        ("' >50K '", ">50K"),
    ],
)
def test_a_value_of_the_label_is_the_text_that_was_written(written: str, value: str) -> None:
    label = parse(f"{SMALL}label: {{column: kind, positive: {written}}}").label
    assert label and label.positive == value


def test_missing_values_are_the_texts_that_were_written() -> None:
    assert parse(f"{SMALL}missing: [-999, 9.90, '']").missing == ("-999", "9.90", "")


def test_elsewhere_numbers_are_numbers() -> None:
    contract = parse(
        f"{SMALL}split: {{train: 0x32, validation: 1_0}}\nmodel: {{tolerance: 1.0e-3}}"
    )
    assert (contract.split.train, contract.split.validation) == (50, 10)
    assert contract.model.tolerance == 0.001


def test_a_file_must_have_columns_label_id_and_weight_each_once() -> None:
    contract = parse(f"{SMALL}label: {{column: kind, positive: a}}\nid: [number, age]\nweight: w\n")
    assert contract.names == ("age", "kind", "number", "w")


def test_pick_returns_only_the_requested_fields() -> None:
    assert list(parse(SMALL).pick("columns", "split")) == ["columns", "split"]


def test_pick_returns_json_values() -> None:
    text = f"{SMALL}id: [number]\nlabel: {{column: kind, positive: 1, negative: [0]}}\n"
    picked = parse(text).pick(*Contract.model_fields)
    assert json.loads(json.dumps(picked)) == picked


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(SMALL, encoding="utf-8-sig")
    assert load_contract(str(path)) == parse(SMALL)


def test_names_of_columns_may_hold_any_letter(tmp_path: Path) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text('columns:\n  "preço: média": numeric\n  名前: text\n', encoding="utf-8")
    assert list(load_contract(str(path)).columns) == ["preço: média", "名前"]


def test_a_relative_path_starts_at_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contract.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    assert load_contract("contract.yaml") == parse(SMALL)


@pytest.mark.parametrize("name", ["absent.yaml", "absent/contract.yaml", "", "/"])
def test_a_path_without_a_contract_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ContractError, match=r"there is no contract at .* check EMR_ML_DATASET"):
        load_contract(f"{tmp_path}{name and '/'}{name}")


def test_a_contract_in_s3_is_loaded(s3: "S3") -> None:
    s3.put("some/contract.yaml", SMALL.encode())
    assert load_contract(s3.uri("some/contract.yaml")) == parse(SMALL)


def test_an_error_of_a_contract_in_s3_has_its_address(s3: "S3") -> None:
    s3.put("contract.yaml", b"columns: 1\n")
    with pytest.raises(ContractError, match=f"^{s3.uri('contract.yaml')}:1:1: columns: "):
        load_contract(s3.uri("contract.yaml"))


@pytest.mark.parametrize("key", ["absent.yaml", "folder/", ""])
def test_an_address_without_a_contract_is_an_error(s3: "S3", key: str) -> None:
    with pytest.raises(ContractError, match=f"there is no contract at {s3.uri(key)}"):
        load_contract(s3.uri(key))


@pytest.mark.parametrize("path", sorted(CONTRACTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_contracts_of_the_project_load(path: Path) -> None:
    assert load_contract(str(path)).columns


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
def test_the_label_decides_the_problem(written: str, problem: str) -> None:
    label = parse(f"{SMALL}label: {{column: kind, {written}}}").label
    assert label and label.problem == problem


@pytest.mark.parametrize(
    ("label", "written", "weights"),
    [
        ("positive: a", "balanced", "balanced"),
        ("positive: a", "none", "none"),
        ("positive: 1", "{1: 2.5}", {"1": 2.5}),
        ("positive: a, negative: [b]", "{a: 9, b: 0.5}", {"a": 9.0, "b": 0.5}),
        ("classes: [a, b, c]", "{c: 9}", {"c": 9.0}),
        ("kind: categorical", "{anything: 9}", {"anything": 9.0}),
    ],
)
def test_classes_may_be_weighted_by_name(label: str, written: str, weights: object) -> None:
    text = f"{SMALL}label: {{column: y, {label}}}\nmodel: {{class_weight: {written}}}"

    assert parse(text).model.class_weight == weights


@pytest.mark.parametrize(
    ("written", "threshold"),
    [
        ("f1", "f1"),
        ("0.2", 0.2),
        (
            "{false_positive: 1, false_negative: 10}",
            {"false_positive": 1.0, "false_negative": 10.0},
        ),
    ],
)
def test_a_threshold_is_a_name_a_number_or_costs(written: str, threshold: object) -> None:
    text = f"{SMALL}label: {{column: y, positive: a}}\nmodel: {{threshold: {written}}}"

    assert parse(text).model.model_dump(mode="json")["threshold"] == threshold
