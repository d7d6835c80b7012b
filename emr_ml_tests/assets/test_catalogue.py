"""What the catalogue shows of a snapshot's source."""

from pathlib import Path

import pytest

from emr_ml.assets.catalogue import source_kinds


@pytest.mark.parametrize(
    ("source", "contract", "kinds"),
    [
        (None, "columns: {a: numeric}", {"file", "csv"}),
        ("/data/a.jsonl", "format: jsonl\ncolumns: {a: numeric}", {"file", "json"}),
        ("s3://bucket/data", "format: parquet\ncolumns: {a: numeric}", {"s3", "parquet"}),
        ("s3://bucket/data", "a mistake", {"s3"}),
    ],
)
def test_a_snapshot_has_the_kinds_of_its_source(
    tmp_path: Path, source: str | None, contract: str, kinds: set[str]
) -> None:
    path = tmp_path / "contract.yaml"
    path.write_text(contract)

    assert source_kinds(source, str(path)) == kinds


def test_a_contract_in_s3_is_not_read_when_definitions_load() -> None:
    assert source_kinds("s3://bucket/data", "s3://bucket/contract.yaml") == {"s3"}


def test_a_source_without_a_contract_has_any_format() -> None:
    assert source_kinds("/data", None) == {"file"}
