"""The JSON Schema in the package is that of the contract, and accepts what the contract does."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from emr_ml.contract.json_schema import SCHEMA_FILE, contract_schema, schema_text
from emr_ml.settings import CONTRACTS
from emr_ml_tests.infer.samples import choices, csv_text, floats, infer_content

VALIDATOR = Draft202012Validator(contract_schema())


def test_the_file_is_the_schema_of_this_version() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run python -m emr_ml.contract.json_schema"
    Draft202012Validator.check_schema(json.loads(SCHEMA_FILE.read_text()))


@pytest.mark.parametrize(
    "text",
    [
        (CONTRACTS / "breast_cancer.yaml").read_text(),
        "columns: {a: numeric, b: {kind: categorical, hashed: true, allowed: [1, x]}}",
        "columns: {a: text}\nmodel: {featurizers: tf_idf}",
        "columns: {a: text}\nmodel: {featurizers: [word2vec, {text: tf_idf, dimensions: 8}]}",
        "columns: {a: {kind: numeric, format: {multiples: {k: 1000, mio: 1.5}}}}",
        "columns: {a: {kind: numeric, format: {unit: kg}}}\ndialect: {header: [a]}",
    ],
)
def test_contracts_fit_it(text: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        *("colums: {a: numeric}", "columns: {a: number}", "columns: {a: text}\nmissing: 3", "{}"),
        *(
            f"columns: {{a: {{kind: numeric, format: {{{keys}}}}}}}"
            for keys in ("unit: 5 kg", "multiples: {k2: 1}", "multiples: {'k ': 1}")
        ),
    ],
)
def test_mistakes_do_not(text: str) -> None:
    assert list(VALIDATOR.iter_errors(yaml.safe_load(text)))


def test_what_is_inferred_names_it_for_editors_and_fits_it(tmp_path: Path) -> None:
    rows = csv_text(["a", "y"], floats(), choices("yes", "no"))
    inferred = infer_content(tmp_path, rows)

    first = inferred.text.splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE.as_uri()}"
    assert list(VALIDATOR.iter_errors(yaml.safe_load(inferred.text))) == []
