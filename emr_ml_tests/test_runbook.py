"""The runbook quotes messages as the code writes them."""

import ast
import re
from functools import cache

import pytest

from emr_ml.project import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.+?) \| .+ \| .+ \|$", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")
# what other programs say, and names of checks, which have no message
NOT_OURS = {"Extra inputs are not permitted"}
CHECKS = {"leak_suspicion", "drift"}


@cache
def messages() -> list[str]:
    """Return all texts in the code, with … for what is filled in."""
    texts: list[str] = []
    for package in ("emr_ml", "spark_jobs"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.JoinedStr(values=values):
                        parts = (v.value if isinstance(v, ast.Constant) else "…" for v in values)
                        texts.append("".join(map(str, parts)))
                    case ast.Constant(value=str() as text):
                        texts.append(text)
                    case _:
                        pass
    return [text.replace("`", "").replace("%s", "…") for text in texts]


def quotes() -> list[str]:
    first_cells = ROW.findall(RUNBOOK)
    found = [quote for cell in first_cells for quote in QUOTED.findall(cell)]
    return [
        quote
        for quote in found
        if " " in quote and quote not in NOT_OURS and "EMR_ML_" not in quote
    ]


@pytest.mark.parametrize("quote", quotes())
def test_a_quoted_message_is_in_the_code(quote: str) -> None:
    pieces = [piece.strip(" .:,;'") for piece in quote.split("…")]
    pieces = [piece for piece in pieces if piece]

    assert any(all(piece in text for piece in pieces) for text in messages()), quote


def test_there_is_a_row_for_most_of_what_can_happen() -> None:
    assert len(quotes()) > 40
    assert "EMR_ML_…: …" in RUNBOOK
    assert all(f"`{check}` failed" in RUNBOOK for check in CHECKS)
