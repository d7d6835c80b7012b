"""What the documents name exists."""

import re
from pathlib import Path

import pytest

from emr_ml.contract import parse_contract
from emr_ml.definitions import defs
from emr_ml.settings import ROOT, Settings

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {path: path.read_text() for path in DOCUMENTS}
EVERYTHING = "\n".join(TEXT.values())


def variables() -> set[str]:
    return {f"EMR_ML_{name.upper()}" for name in Settings.model_fields if name != "dagster_home"}


def test_every_variable_that_is_named_exists() -> None:
    assert set(re.findall(r"EMR_ML_[A-Z_]+", EVERYTHING)) <= variables()


def test_every_variable_that_exists_is_in_the_readme() -> None:
    assert variables() <= set(re.findall(r"EMR_ML_[A-Z_]+", TEXT[ROOT / "README.md"]))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z_]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z_]+)\b", EVERYTHING)) - {"sure"} <= targets


def test_every_asset_is_in_the_readme() -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.key.to_user_string() in TEXT[ROOT / "README.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT[document]):
        assert (document.parent / target).exists(), target


def test_the_layout_in_the_readme_names_what_is_there() -> None:
    layout = TEXT[ROOT / "README.md"].split("## Where things are")[1].split("```")[1]
    folder = ROOT
    for line in layout.strip().splitlines():
        name = line.split()[0]
        folder = ROOT / name if not line.startswith(" ") else folder
        assert (folder if not line.startswith(" ") else folder / name).exists(), line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_contracts_in_the_documents_are_valid(document: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", TEXT[document], re.DOTALL):
        parse_contract(block, document.name)


def test_modules_named_in_the_documents_exist() -> None:
    for name in re.findall(
        r"`((?:emr_ml|spark_jobs|emr_ml_tests|scripts)/[\w/.]+\.py)`", EVERYTHING
    ):
        assert (ROOT / name).is_file(), name
