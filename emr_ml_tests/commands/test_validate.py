"""`emr-ml validate`: do the files fit the contract?"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emr_ml.commands.validate import validate
from emr_ml_tests.components.project import Project

pytestmark = pytest.mark.usefixtures("spark")

CONTRACT = """\
columns:
  age: numeric
  colour: categorical
label:
  column: kind
  positive: "yes"
"""


@pytest.fixture(name="folder")
def fixture_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contract, 40 rows that fit it, and a lake that is to stay empty."""
    monkeypatch.setenv("EMR_ML_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("EMR_ML_FAST_POLL_SECONDS", "0.1")
    (tmp_path / "contract.yaml").write_text(CONTRACT)
    write(tmp_path)
    return tmp_path


def write(folder: Path, *more: str) -> None:
    rows = [f"{row},{('red', '?')[row % 2]},{('yes', 'no')[row % 2]}" for row in range(40)]
    (folder / "data.csv").write_text("\n".join(["age,colour,kind", *rows, *more]) + "\n")


def said(folder: Path, *args: str) -> Result:
    given = args or (str(folder / "data.csv"), "--contract", str(folder / "contract.yaml"))
    result = CliRunner().invoke(validate, given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_files_that_fit_are_good(folder: Path) -> None:
    result = said(folder)

    assert result.exit_code == 0
    assert "rows      40 in, 40 kept, 0 rejected (0.00%)" in result.stdout
    assert "  good  rejected_share\n" in result.stdout
    assert "BAD" not in result.stdout


def test_the_contract_of_the_sample_is_not_taken_for_another_source_in_silence(
    folder: Path,
) -> None:
    hint = "which is the sample's: name yours with --contract"

    assert hint in said(folder, str(folder / "data.csv")).stdout
    assert hint not in said(folder).stdout


def test_json_has_rows_figures_rejected_rows_and_checks(folder: Path) -> None:
    write(folder, *["old,red,yes"] * 5)

    result = said(
        folder, str(folder / "data.csv"), "--contract", str(folder / "contract.yaml"), "--json"
    )

    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (found["passed"], found["failure"]) == (False, None)
    assert found["rows"] == {"in": 45, "kept": 40, "rejected": 5}
    assert found["files"][0]["name"] == "data.csv"
    assert found["rejected"][0]["reason"] == "age is not a number: old"
    rejected = next(check for check in found["checks"] if check["name"] == "rejected_share")
    assert (rejected["passed"], rejected["blocking"]) == (False, True)
    assert found["figures"]["columns"]["age"]["missing"] == 0


def test_json_tells_a_mistake_in_the_data_source(folder: Path) -> None:
    result = said(
        folder, str(folder / "none.csv"), "--contract", str(folder / "contract.yaml"), "--json"
    )

    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert "there is nothing at" in found["failure"]
    assert (found["rows"], found["passed"]) == (None, False)


def test_what_is_in_the_columns_is_told(folder: Path) -> None:
    shown = said(folder).stdout

    assert "           0  age  0 to 39, mean 19.5\n" in shown
    assert "          20  colour\n" in shown
    assert "label     positive 20, other 20\n" in shown


def test_nothing_is_left_in_the_lake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "tmp"))

    said(folder)

    assert not (folder / "lake").exists()
    assert not list((folder / "tmp").glob("emr-ml-*"))


def test_rows_that_break_the_contract_are_shown_with_place_and_reason(folder: Path) -> None:
    write(folder, "old,red,yes")

    result = said(folder)

    assert "41 in, 40 kept, 1 rejected (2.44%)" in result.stdout
    assert "  data.csv, record 41: age is not a number: old\n    old,red,yes\n" in result.stdout
    assert result.exit_code == 0


def test_too_many_rejected_rows_are_bad(folder: Path) -> None:
    write(folder, *["old,red,yes"] * 5)

    result = said(folder)

    assert result.exit_code == 1
    assert "  BAD   rejected_share: 11.1% of 45 rows" in result.stdout
    assert "/emr-ml-" not in result.stdout


def test_rules_that_rows_break_are_counted(folder: Path) -> None:
    (folder / "contract.yaml").write_text(
        CONTRACT.replace("age: numeric", "age: {kind: numeric, max: 38}")
    )

    assert "             1  age max\n" in said(folder).stdout


def test_rows_that_equal_others_are_counted(folder: Path) -> None:
    write(folder, "39,?,no", "39,?,no")

    assert "doubles   2 rows equal to another" in said(folder).stdout


def test_a_header_that_does_not_fit_is_bad_and_no_row_is_read(folder: Path) -> None:
    (folder / "data.csv").write_text("age,color,kind\n1,red,yes\n")

    result = said(folder)

    assert result.exit_code == 1
    assert "  BAD   header_fits: data.csv lacks 'colour'" in result.stdout
    assert "rows " not in result.stdout and "Trace" not in result.output


def test_source_and_contract_may_be_set_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_SOURCE", str(folder / "data.csv"))
    monkeypatch.setenv("EMR_ML_DATASET", str(folder / "contract.yaml"))
    result = CliRunner().invoke(validate, [])

    assert result.exit_code == 0
    assert f"source    {folder / 'data.csv'}\n" in result.stdout


def test_a_deployment_on_emr_is_validated_on_this_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMR_ML_DEPLOYMENT", "emr")
    monkeypatch.setenv("EMR_ML_LAKE", "s3://not-there/lake")

    assert said(folder).exit_code == 0


@pytest.mark.parametrize(
    ("source", "contract", "expected"),
    [
        ("not-there.csv", "contract.yaml", "there is nothing at"),
        ("data.csv", "not-there.yaml", "there is no contract at"),
        ("data.csv", "data.csv", "a contract has keys"),
    ],
)
def test_a_mistake_is_told_without_a_trace(
    folder: Path, source: str, contract: str, expected: str
) -> None:
    result = said(folder, str(folder / source), "--contract", str(folder / contract))

    assert result.exit_code == 1
    assert expected in result.stderr
    assert "Traceback" not in result.output and "Stack Trace" not in result.output


def test_the_only_pipeline_of_a_project_is_validated(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pipeline("churn")
    monkeypatch.chdir(project.folder)

    result = CliRunner().invoke(validate, [])

    assert result.exit_code == 0
    assert f"source    {project.folder / 'toy.csv'}\n" in result.stdout
    assert f"contract  {project.defs / 'churn' / 'contract.yaml'}\n" in result.stdout


def test_of_several_pipelines_one_must_be_chosen(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.pipeline("churn")
    project.pipeline("loans")
    monkeypatch.chdir(project.folder)

    result = CliRunner().invoke(validate, [])

    assert result.exit_code == 1
    assert "several pipelines: choose one with --pipeline: churn, loans" in result.stderr
    wrong = CliRunner().invoke(validate, ["--pipeline", "loan"])
    assert "there is no pipeline loan: choose one with --pipeline: churn, loans" in wrong.stderr
    assert CliRunner().invoke(validate, ["--pipeline", "loans"]).exit_code == 0
