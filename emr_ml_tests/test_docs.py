"""Everything that the documents name exists: paths, functions, commands, variables, links."""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import dagster as dg
import pytest
from click import Command, Context, Group

from emr_ml.cli import main
from emr_ml.components.spark_job import SparkJob
from emr_ml.components.training_pipeline import TrainingPipeline
from emr_ml.contract import Contract, Dialect, parse_contract
from emr_ml.contract.columns import Column
from emr_ml.contract.model import ModelParams
from emr_ml.contract.schema import Checks, Promotion
from emr_ml.definitions import defs
from emr_ml.launchers.eks.config import EksConfig, load_eks_config
from emr_ml.launchers.emr.config.loading import load_cluster_config
from emr_ml.launchers.emr.config.model import ClusterConfig
from emr_ml.launchers.serverless.config import ServerlessConfig, load_serverless_config
from emr_ml.located_yaml import parse
from emr_ml.project import ROOT
from emr_ml.settings import Settings

EMR = ROOT / "docs" / "emr.md"
SERVERLESS = ROOT / "docs" / "emr-serverless.md"
EKS = ROOT / "docs" / "emr-eks.md"
PIPELINES = ROOT / "docs" / "pipelines.md"
SPARK_JOB = ROOT / "docs" / "spark-job.md"
PIPES = ROOT / "docs" / "pipes-emr-client.md"
CLEAN_UP = ROOT / "docs" / "clean-up.md"
README = ROOT / "README.md"
# pages in English, each with its translation
TRANSLATIONS = [
    (README, ROOT / "README.pt-BR.md"),
    (ROOT / "docs" / "tutorial.md", ROOT / "docs" / "tutorial.pt-BR.md"),
]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "README.pt-BR.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXT = {path: path.read_text() for path in DOCUMENTS}
EVERYTHING = "\n".join(TEXT.values())
# a field of the cluster configuration follows after two underscores; click's own variable, which
# asks for completion, begins with one
VARIABLE = re.compile(r"(?<!_)EMR_ML_[A-Z]+(?:_[A-Z]+)*")
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# a path in the repository, and after a colon a function, class or method that is defined there
REFERENCE = re.compile(
    r"(?P<path>(?:emr_ml|spark_jobs|emr_ml_tests|benchmarks|bootstrap|deploy|docs|infra|scripts)"
    r"/[\w./-]*)(?::(?P<name>[A-Za-z]\w*(?:\.\w+)?))?"
)
MADE_BY_USERS = {"deploy/settings.env", "deploy/secrets/", "deploy/.env"}
# the name of a cluster, not a command
CLUSTER_NAME = "emr-ml emr"


def variables() -> set[str]:
    """Return the variables that are settings."""
    unnamed = (
        *("dagster_home", "cluster_fields", "serverless_fields", "eks_fields"),
        *("spark_submit_fields", "stack_fields", "mlflow_tracking_uri"),
    )
    return {f"EMR_ML_{name.upper()}" for name in Settings.model_fields if name not in unnamed}


def yaml_blocks(document: Path) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", TEXT[document], re.DOTALL)


def code_in(text: str) -> list[str]:
    """Return the lines of the fenced blocks, and the inline code elsewhere."""
    lines = [line for block in FENCED.findall(text) for line in block.splitlines()]
    return lines + INLINE.findall(FENCED.sub("", text))


def anchors_in(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def references_in(document: Path) -> list[tuple[str, str | None]]:
    """Return the paths that inline code names, each with the function named after it."""
    inline = INLINE.findall(FENCED.sub("", TEXT[document]))
    matches = [match for code in inline if (match := REFERENCE.fullmatch(code))]
    return [(match["path"], match["name"]) for match in matches]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return what a module defines or imports: functions, classes, methods and constants."""
    names: set[str] = set()
    for statement in ast.parse(path.read_text()).body:
        match statement:
            case ast.FunctionDef(name=name):
                names.add(name)
            case ast.ClassDef(name=name, body=body):
                methods = [each.name for each in body if isinstance(each, ast.FunctionDef)]
                names |= {name, *(f"{name}.{method}" for method in methods)}
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case _:
                pass
    return frozenset(names)


def test_every_variable_that_is_named_exists() -> None:
    ci = [ROOT / ".ci" / "run", *(ROOT / ".github" / "workflows").iterdir()]
    of_tests = {name for path in ci for name in VARIABLE.findall(path.read_text())}

    assert set(VARIABLE.findall(EVERYTHING)) <= variables() | of_tests


def test_every_variable_that_exists_is_described_in_a_table() -> None:
    tables = "\n".join(line for line in EVERYTHING.splitlines() if line.startswith("|"))
    assert variables() <= set(VARIABLE.findall(tables))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for code in code_in(EVERYTHING) for name in re.findall(r"\bmake ([a-z-]+)", code)}

    assert named <= targets


def test_every_asset_is_in_the_readme() -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.key.to_user_string() in TEXT[README]


def test_the_readme_is_read_in_five_minutes() -> None:
    for readme in TRANSLATIONS[0]:
        assert len(TEXT[readme].splitlines()) <= 150, readme.name


@pytest.mark.parametrize(("english", "translation"), TRANSLATIONS, ids=lambda path: path.name)
def test_a_translation_is_in_step(english: Path, translation: Path) -> None:
    """The same headings in number and level, the same commands and output, the same tests."""
    of_english, of_translation = TEXT[english], TEXT[translation]

    assert levels(of_translation) == levels(of_english)
    assert FENCED.findall(of_translation) == FENCED.findall(of_english)
    assert commands_of(of_translation) == commands_of(of_english)


def levels(text: str) -> list[str]:
    return re.findall(r"^(#+) ", FENCED.sub("", text), re.MULTILINE)


def commands_of(text: str) -> list[str]:
    """Return the inline code that a reader types or looks up: commands, variables and paths."""
    inline = INLINE.findall(FENCED.sub("", text))
    return sorted({code for code in inline if "emr" in code or code.startswith("make ")})


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)(?:#([^)]+))?\)", TEXT[document]):
        file = document.parent / target if target else document
        assert file.exists(), target
        assert not anchor or anchor in anchors_in(file.read_text()), f"{target}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_and_functions_in_the_documents_exist(document: Path) -> None:
    for path, name in references_in(document):
        assert path in MADE_BY_USERS or (ROOT / path).exists(), path
        assert name is None or name in names_in(ROOT / path), f"{path}:{name}"


def test_the_pages_that_messages_and_comments_name_exist() -> None:
    files = [*(ROOT / "emr_ml").rglob("*.py"), *(ROOT / "deploy").iterdir()]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]

    for page in {page for text in texts for page in re.findall(r"\bdocs/[\w/.-]+\.md", text)}:
        assert (ROOT / page).is_file(), page


def test_the_layout_names_what_is_there() -> None:
    section = TEXT[ROOT / "CONTRIBUTING.md"].split("## Layout")[1]
    layout = section.split("```text")[1].split("```")[0]
    folder = ROOT
    for line in layout.strip().splitlines():
        name = line.split()[0]
        folder = ROOT / name if not line.startswith(" ") else folder
        assert (folder if not line.startswith(" ") else folder / name).exists(), line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_contracts_in_the_documents_are_valid(document: Path) -> None:
    others = (EMR, SERVERLESS, EKS, PIPELINES, SPARK_JOB, PIPES, CLEAN_UP)
    for block in yaml_blocks(document) if document not in others else ():
        parse_contract(block, document.name)


def test_the_run_config_that_removes_garbage_is_valid() -> None:
    (block,) = yaml_blocks(CLEAN_UP)

    job = defs.resolve_job_def("clean_lake_job")
    validated = dg.validate_run_config(job, parse(block)[0])

    assert not validated["ops"]["clean_lake"]["config"]["dry_run"]


def test_the_components_in_the_documents_have_known_attributes() -> None:
    kinds = {"emr_ml.TrainingPipeline": TrainingPipeline, "emr_ml.SparkJob": SparkJob}
    pages = (PIPELINES, SPARK_JOB, PIPES)
    given = [parse(block)[0] for page in pages for block in yaml_blocks(page)]
    whole = [each for each in given if "type" in each]

    assert len(whole) == 3
    for each in whole:
        assert set(each["attributes"]) <= {*kinds[each["type"]].model_fields}


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


def commands_in(code: str) -> list[tuple[str, set[str]]]:
    """Return each `emr-ml` command in a line of code, with its long options."""
    calls = re.findall(r"(?:^|/)emr-ml ([a-z]+)([^|#]*)", code.replace(CLUSTER_NAME, ""))
    return [(name, set(re.findall(r"(?<= )--[a-z-]+", rest))) for name, rest in calls]


def options_of(command: Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts}


def test_every_command_and_option_that_is_named_exists() -> None:
    assert isinstance(main, Group)
    for code in code_in(EVERYTHING):
        for name, options in commands_in(code):
            assert name in main.commands, code
            assert options <= options_of(main.commands[name]), code


def test_every_command_is_in_its_reference_with_its_options() -> None:
    assert isinstance(main, Group)
    text = TEXT[ROOT / "docs" / "commands.md"]
    for name in main.list_commands(Context(main)):
        assert re.search(rf"`emr-ml {name}\b", text), name
        # those of the stack are in docs/infrastructure.md
        options = options_of(main.commands[name]) if name not in ("up", "down") else set[str]()
        named = {each for each in options if each.startswith("--")}
        assert named <= set(re.findall(r"--[a-z-]+", text)), name


def test_every_module_that_is_run_exists() -> None:
    for code in code_in(EVERYTHING):
        for module in re.findall(r"python -m ([\w.]+)", code):
            path = ROOT.joinpath(*module.split("."))
            is_ours = path.is_dir() or path.with_suffix(".py").is_file()
            assert is_ours or find_spec(module.partition(".")[0]), code


def cluster_configs(folder: Path) -> list[ClusterConfig]:
    configs: list[ClusterConfig] = []
    for block in yaml_blocks(EMR):
        (folder / "cluster.yaml").write_text(block)
        configs.append(load_cluster_config(Settings(cluster=str(folder / "cluster.yaml"))))  # pyright: ignore[reportCallIssue] - the others come from the environment
    return configs


def test_the_first_cluster_configuration_has_every_key_and_its_default(tmp_path: Path) -> None:
    reference = parse(yaml_blocks(EMR)[0])[0]

    assert set(reference) == set(ClusterConfig.model_fields)
    assert set(reference["task"]) == set(type(ClusterConfig().task).model_fields)
    assert cluster_configs(tmp_path)[0] == ClusterConfig()


def test_every_other_cluster_configuration_is_valid(tmp_path: Path) -> None:
    assert len(cluster_configs(tmp_path)) > 1


def test_the_configuration_of_emr_serverless_has_every_key_and_its_default(tmp_path: Path) -> None:
    (block,) = yaml_blocks(SERVERLESS)
    file = tmp_path / "serverless.yaml"
    file.write_text(block)
    reference = parse(block)[0]

    made = load_serverless_config(Settings(serverless=str(file)))  # pyright: ignore[reportCallIssue] - the others come from the environment

    assert set(reference) == set(ServerlessConfig.model_fields)
    assert set(reference["executors"]) == set(type(made.executors).model_fields)
    assert made == ServerlessConfig(execution_role=made.execution_role)


def test_the_configuration_of_emr_on_eks_has_every_key_and_its_default(tmp_path: Path) -> None:
    (block,) = yaml_blocks(EKS)
    file = tmp_path / "eks.yaml"
    file.write_text(block)
    reference = parse(block)[0]

    made = load_eks_config(Settings(eks=str(file)))  # pyright: ignore[reportCallIssue] - the others come from the environment

    assert set(reference) == set(EksConfig.model_fields)
    given = {"execution_role": made.execution_role, "virtual_cluster_id": made.virtual_cluster_id}
    assert made == EksConfig.model_validate(given)
