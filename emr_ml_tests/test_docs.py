"""What the documents name exists."""

import re
from pathlib import Path

import pytest

from emr_ml.cli import main
from emr_ml.contract import Contract, Dialect, parse_contract
from emr_ml.contract.model import ModelParams
from emr_ml.contract.schema import Checks, Column, Promotion
from emr_ml.definitions import defs
from emr_ml.launchers.emr.config.loading import load_cluster_config
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.located_yaml import parse
from emr_ml.settings import ROOT, Settings

EMR = ROOT / "docs" / "emr.md"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {path: path.read_text() for path in DOCUMENTS}
EVERYTHING = "\n".join(TEXT.values())
# a field of the cluster configuration follows after two underscores
VARIABLE = re.compile(r"EMR_ML_[A-Z]+(?:_[A-Z]+)*")


def variables() -> set[str]:
    unnamed = ("dagster_home", "cluster_fields", "stack_fields")
    return {f"EMR_ML_{name.upper()}" for name in Settings.model_fields if name not in unnamed}


def yaml_blocks(document: Path) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", TEXT[document], re.DOTALL)


def test_every_variable_that_is_named_exists() -> None:
    assert set(VARIABLE.findall(EVERYTHING)) <= variables()


def test_every_variable_that_exists_is_described_in_a_table() -> None:
    tables = "\n".join(line for line in EVERYTHING.splitlines() if line.startswith("|"))
    assert variables() <= set(VARIABLE.findall(tables))


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
    for block in yaml_blocks(document) if document != EMR else ():
        parse_contract(block, document.name)


def test_the_reference_of_the_contract_has_every_key() -> None:
    block = yaml_blocks(ROOT / "docs" / "contract.md")[0]
    reference = parse(block)[0]
    columns = [each for each in reference["columns"].values() if isinstance(each, dict)]

    assert set(reference) == set(Contract.model_fields)
    parts = {"dialect": Dialect, "checks": Checks, "promotion": Promotion, "model": ModelParams}
    for name, part in parts.items():
        assert set(reference[name]) == set(part.model_fields)
    assert set(Column.model_fields) == {key for column in columns for key in column}
    contract = parse_contract(block, "contract.md")
    assert (contract.dialect, contract.model) == (
        Dialect.model_validate({}),
        ModelParams.model_validate({}),
    )


def test_every_command_that_is_named_exists() -> None:
    assert set(re.findall(r"`emr-ml ([a-z]+)[ `]", EVERYTHING)) - {"emr"} <= set(main.commands)


def cluster_configs(folder: Path) -> list[ClusterConfig]:
    found: list[ClusterConfig] = []
    for block in yaml_blocks(EMR):
        (folder / "cluster.yaml").write_text(block)
        found.append(load_cluster_config(Settings(cluster=str(folder / "cluster.yaml"))))  # pyright: ignore[reportCallIssue] - the others come from the environment
    return found


def test_the_first_cluster_configuration_has_every_key_and_its_default(tmp_path: Path) -> None:
    reference = parse(yaml_blocks(EMR)[0])[0]

    assert set(reference) == set(ClusterConfig.model_fields)
    assert set(reference["task"]) == set(type(ClusterConfig().task).model_fields)
    assert cluster_configs(tmp_path)[0] == ClusterConfig()


def test_every_other_cluster_configuration_is_valid(tmp_path: Path) -> None:
    assert len(cluster_configs(tmp_path)) > 1


def test_modules_named_in_the_documents_exist() -> None:
    for name in re.findall(
        r"`((?:emr_ml|spark_jobs|emr_ml_tests|scripts)/[\w/.]+\.py)`", EVERYTHING
    ):
        assert (ROOT / name).is_file(), name
