"""`emr-ml doctor` names what is wrong with the project: its contracts."""

from pathlib import Path

import pytest

from emr_ml_tests.doctor.diagnosis import the_bad_one


def test_a_contract_that_is_not_there(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not lake.exists()
    monkeypatch.setenv("EMR_ML_DATASET", str(tmp_path / "none.yaml"))

    assert f"contract there is no contract at {tmp_path}/none.yaml" in the_bad_one()


def test_a_contract_with_mistakes_is_one_line_with_all_of_them(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not lake.exists()
    path = tmp_path / "data.yaml"
    path.write_text("columns: {a: numerical, b: text}\ncolour: red\n")
    monkeypatch.setenv("EMR_ML_DATASET", str(path))

    said = the_bad_one()

    assert f"{path}:1:" in said
    assert f"{path}:2:" in said
