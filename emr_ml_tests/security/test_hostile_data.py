"""The contents of data files and reports are shown, never executed."""

import logging
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from emr_ml.cli import main
from emr_ml.launchers.base import Outcome
from emr_ml.retention.garbage import Garbage
from emr_ml.retention.inventory import Folder
from emr_ml.retention.job import TABLE_SCHEMA, table_records
from emr_ml.ui.console import ConsoleFormatter
from emr_ml.ui.metadata import materialization_metadata
from emr_ml.wording import escape_control_characters
from emr_ml_tests.checks.reports import a_report
from spark_jobs.runtime.lake import open_lake

SCRIPT = "<script>alert(1)</script>"
LINK = "[here](javascript:alert(1)) | ![x](http://elsewhere/x.png)"
ORDERS = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x9b1m\u202e"


@given(st.text())
def test_a_terminal_gets_only_printable_characters(text: str) -> None:
    shown = escape_control_characters(text)

    assert all(sign.isprintable() or sign in "\n\t" for sign in shown)
    shown.encode()


@pytest.mark.parametrize("text", ["Fábio, 50 % of €\n\t日本", "a\\x1b", ""])
def test_printable_text_is_unchanged(text: str) -> None:
    assert escape_control_characters(text) == text


def test_control_sequences_in_a_job_s_log_do_not_reach_the_console() -> None:
    record = logging.LogRecord("job", logging.INFO, "", 0, "a row: %s", (ORDERS,), None)

    assert "\\x1b[2J\\x1b[31mred" in ConsoleFormatter().format(record)
    assert "\x1b" not in ConsoleFormatter().format(record)


def test_a_header_is_shown_without_control_sequences(tmp_path: Path) -> None:
    rows = "".join(f"{row},2,3\n" for row in range(100))
    (tmp_path / "a.csv").write_text(f"\x1b[31mred,\x1b[31mred,c\n{rows}")

    said = CliRunner().invoke(main, ["infer", str(tmp_path / "a.csv")])

    assert said.exit_code == 1
    assert "\\x1b[31mred" in said.output
    assert "\x1b" not in said.output


@pytest.mark.usefixtures("spark")
def test_rejected_rows_are_shown_without_control_sequences(tmp_path: Path) -> None:
    run = tmp_path / "run"
    cells = [ORDERS, SCRIPT, f"$(touch {run})", f"`touch {run}`", "${jndi:ldap://127.0.0.1:1/x}"]
    cells += [f"=cmd|'/c touch {run}'!A0", f"__import__('os').system('touch {run}')"]
    rows = "".join(f'"{cell}",x\n' for cell in cells)
    (tmp_path / "a.csv").write_text(f"a,n\n{rows}", encoding="utf-8")
    (tmp_path / "a.yaml").write_text("columns: {a: text, n: numeric}\n")

    said = CliRunner().invoke(
        main, ["validate", str(tmp_path / "a.csv"), "--contract", str(tmp_path / "a.yaml")]
    )

    assert f"{len(cells)} rejected" in said.output
    assert "\\x1b[2J\\x1b[31mred" in said.output
    assert "\x1b" not in said.output
    assert not run.exists()


@pytest.mark.parametrize("said", [SCRIPT, LINK, ORDERS])
def test_a_figure_of_a_report_is_text_in_the_ui(said: str) -> None:
    figures = {"figure": said, "schema": {said: said}, "table_rows": 1}
    strongest = [{"feature": said, "weight": 1.0}]

    found = materialization_metadata(
        Outcome(a_report(figures={**figures, "strongest": strongest}), reused=False, metadata={}),
        open_lake("/no/lake"),
    )

    values = {
        name: dg.MetadataValue.text(v) if isinstance(v, str) else v for name, v in found.items()
    }
    assert values["figure"] == dg.MetadataValue.text(said)
    shown = (dg.MarkdownMetadataValue, dg.UrlMetadataValue)
    assert not [name for name, value in values.items() if isinstance(value, shown)]


@pytest.mark.parametrize("said", [SCRIPT, LINK])
def test_a_key_of_the_lake_is_a_cell_of_a_table_in_the_ui(said: str) -> None:
    key = f"metrics/parts/{said}"

    (row,) = table_records([Garbage("part", key, 1, 2, "why", Folder(key, 0.0))])

    assert row.data == {"what": "part", "where": key, "objects": 1, "bytes": 2, "why": "why"}
    assert {column.name for column in TABLE_SCHEMA.columns} == row.data.keys()
