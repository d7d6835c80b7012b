"""Each command and snippet of the documents is run by a test, or listed with the reason why not."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emr_ml.project import ROOT

TESTS = ROOT / "emr_ml_tests"
CLUSTER_NAME = "emr-ml emr"  # not a command
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# blocks without a language are commands; output and drawings have the language `text`
BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
HEREDOC = re.compile(r"<<'(\w+)'\n.*?^\1$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
OUR_COMMAND = re.compile(r"(?:[A-Z_]+=\S* )*(?:\.venv/bin/)?(emr-ml|make) ([a-z][a-z-]*)(?: .*)?")
QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
ASSIGNMENTS = re.compile(r"^(?:[A-Z_]+=\S* )+")
NO_ENGINE = "there is no Docker engine where the tests run; its files are checked by deploy/"
NO_CLUSTER = "there is no Kubernetes cluster where the tests run; its API is emulated"
NO_ACCOUNT = "it changes an account of AWS; what it is for is emulated"
MINUTES = "it takes many minutes, and what it calls is tested"

RUN_BY = {
    "emr-ml clusters": "commands/test_compute.py",
    "emr-ml compute": "commands/test_job_runs.py",
    "emr-ml diff": "commands/test_diff.py",
    "emr-ml doctor": "doctor/test_runner.py",
    "emr-ml down": "commands/test_up.py",
    "emr-ml export": "assets/test_exported_model.py",
    "emr-ml infer": "commands/test_infer.py",
    "emr-ml mlflow": "commands/test_mlflow.py",
    "emr-ml new": "test_new_project.py",
    "emr-ml plan": "commands/test_plan.py",
    "emr-ml profile": "commands/test_profile.py",
    "emr-ml promote": "commands/test_promote.py",
    "emr-ml report": "commands/test_report.py",
    "emr-ml rollback": "commands/test_promote.py",
    "emr-ml run": "commands/test_run.py",
    "emr-ml runs": "commands/test_runs.py",
    "emr-ml show": "commands/test_show.py",
    "emr-ml stop": "warm/test_warm_jvm.py",
    "emr-ml up": "commands/test_up.py",
    "emr-ml validate": "commands/test_validate.py",
    "emr-ml versions": "commands/test_versions.py",
    "emr-ml wheelhouse": "commands/test_wheelhouse.py",
    "make reference": "test_reference.py",
    "make release": "test_release.py",
    "make rehearse": "test_rehearsal.py",
    "make run": "commands/test_run.py",
    "make setup": "test_set_up.py",
    "make stop": "warm/test_warm_jvm.py",
    "python make_bookings.py": "test_tutorial.py",
    "python hotel/model/scorer.py": "test_tutorial.py",
    "python model-d331c29c/scorer.py": "assets/test_exported_model.py",
    "python -m emr_ml_tests.stack.policies": "stack/test_rights.py",
    "python -m pytest": "test_docs_commands.py",
    "spark-submit spark_jobs/lr_model.py": "launchers/test_local.py",
    "mlflow server": "tracking/mlflow_server.py",
}
NOT_RUN = {
    "aws ec2": NO_ACCOUNT,
    "aws emr": NO_ACCOUNT,
    "aws kms": NO_ACCOUNT,
    "checkov": "too large to lock; its findings are noted in the template",
    "docker build": NO_ENGINE,
    "docker compose": NO_ENGINE,
    "docker push": NO_ENGINE,
    "git pull": "there is nothing to pull from",
    "helm install": NO_CLUSTER,
    "helm repo": NO_CLUSTER,
    "kubectl": NO_CLUSTER,
    "make bench": MINUTES,
    "make bench-emr": MINUTES,
    "make check": "it is what CI runs, before the tests",
    "make docs": "it is a part of `make check`",
    "make docs-ui": "it serves until it is stopped",
    "make lock": "it asks a package index, whose answers change",
    "make soak": "it runs the tests itself",
    "make test": "it runs the tests itself",
    "make test-fast": "it runs the tests itself",
    "make test-ui": "it runs the tests itself, in a browser",
    "make ui": "it serves until it is stopped; deploy/test_processes.py starts the same processes",
    "parliament": "too large to lock",
    "pip install": "test_wheel.py installs the package without an index",
    "python -m benchmarks.emr": MINUTES,
    "python -m benchmarks.serverless": MINUTES,
    "python -m benchmarks.pipes_faults": MINUTES,
    "python -m benchmarks.interactive": MINUTES,
}
# what prepares a command, or shows a file
SHELL = {
    "cat",
    "cd",
    "chmod",
    "cp",
    "export",
    "head",
    "jq",
    "mkdir",
    "openssl",
    "rm",
    "touch",
    "unset",
}
SNIPPETS = {
    "export.md": "assets/test_exported_model.py",
    "mlflow.md": "tracking/test_models.py",
    "pipelines.md": "components/test_training_pipeline.py",
    "spark-job.md": "components/test_spark_job.py",
}


def blocks(text: str, language: str = "") -> list[str]:
    return [block for kind, block in BLOCK.findall(text) if kind == language]


def commands_in(text: str) -> list[str]:
    """Return the commands of the blocks, each by its program and what it is asked to do."""
    found: list[str] = []
    for block in blocks(text):
        whole = HEREDOC.sub("", block).replace("\\\n", " ")
        for line in typed(whole):
            for part in re.split(r" \| | && ", QUOTED.sub("…", line.split(" #")[0])):
                command = ASSIGNMENTS.sub("", part.strip().strip("()"))
                words = command.removeprefix(".venv/bin/").replace("python3 ", "python ").split()
                if words and not re.match(r"\w+=", words[0]):
                    found.append(_key(words))
    return found


def typed(block: str) -> list[str]:
    """Return the lines that one types: those after a prompt, if there is one, or else all."""
    lines = block.splitlines()
    is_transcript = block.startswith("$ ")
    return [line[2:] for line in lines if line.startswith("$ ")] if is_transcript else lines


def inline_commands(text: str) -> list[str]:
    """Return our own commands that a sentence names, such as `emr-ml plan`."""
    matches = map(OUR_COMMAND.fullmatch, INLINE.findall(BLOCK.sub("", text)))
    return [f"{match[1]} {match[2]}" for match in matches if match]


def _key(words: list[str]) -> str:
    program = words[0]
    if program == "python" and words[1] == "-m":
        return " ".join(words[:3])
    if program in (*SHELL, "checkov", "kubectl", "parliament"):
        return program
    return " ".join(words[:2])


def named() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    return {key for text in texts for key in (*commands_in(text), *inline_commands(text))}


def test_each_command_is_run_by_a_test_or_listed_with_a_reason() -> None:
    assert named() - {*RUN_BY, *NOT_RUN, *SHELL, CLUSTER_NAME} == set()


def test_nothing_is_listed_that_no_document_names() -> None:
    assert {*RUN_BY, *NOT_RUN} - named() == set()


def test_the_tests_that_run_them_exist() -> None:
    for test in {*RUN_BY.values(), *SNIPPETS.values()}:
        assert (TESTS / test).is_file(), test
    for command, test in RUN_BY.items():
        program, name = command.split()[:2]
        assert program != "emr-ml" or re.search(rf"\b{name}\b", (TESTS / test).read_text()), test


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_blocks_of_commands_and_snippets_can_be_parsed(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    snippets = blocks(text, "python")
    script = "\n".join(line for block in blocks(text) for line in typed(block))
    bash = shutil.which("bash")
    assert bash

    checked = subprocess.run(
        [bash, "-n"], input=script, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
    assert [ast.parse(snippet) for snippet in snippets] or not snippets
    assert not snippets or document.name in SNIPPETS
