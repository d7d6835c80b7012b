"""`emr-ml infer`: a first contract for a file."""

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from emr_ml.commands.infer import infer
from emr_ml.contract import parse_contract

TABLE = "age,label\n" + "".join(f"{row % 37}.5,{'ny'[row % 2]}\n" for row in range(100))
HEAVY = ("pyspark", "boto3", "pyarrow", "dagster", "sklearn")


def said(*args: str) -> Result:
    result = CliRunner().invoke(infer, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_output_is_a_contract(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(TABLE)

    result = said(str(tmp_path / "data.csv"))

    assert result.exit_code == 0 and not result.stderr
    contract = parse_contract(result.stdout, "inferred.yaml")
    assert contract.label and contract.label.column == "label"


def test_a_label_that_was_named_is_taken(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(TABLE)

    result = said(str(tmp_path / "data.csv"), "--label", "age")

    label = parse_contract(result.stdout, "inferred.yaml").label
    assert label and (label.column, label.problem) == ("age", "regression")


def test_what_is_missing_is_noted_beside_the_contract(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b\n" + "".join(f"{i},{i * i}.5\n" for i in range(50)))

    result = said(str(tmp_path / "data.csv"))

    assert parse_contract(result.stdout, "inferred.yaml").label is None
    assert result.stderr.startswith("note: no label was found")


def test_a_mistake_is_told_in_one_line() -> None:
    result = said("/not/there.csv")

    assert result.exit_code == 1 and not result.stdout
    assert result.stderr.splitlines() == [
        "Error: there is nothing at /not/there.csv: check the path of the source"
    ]


def test_nothing_heavy_is_imported_for_a_csv_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(TABLE)
    program = (
        "import sys; from emr_ml.cli import main\n"
        f"main(['infer', {str(tmp_path / 'data.csv')!r}], standalone_mode=False)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines()[-1] == "[]"
