"""What is told of a mistake in a `defs.yaml`: its file, its line, and nothing before that."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._utils.error import serializable_error_info_from_exc_info

from emr_ml.errors import UserError
from emr_ml.mistakes import ProjectError, mistakes_first
from emr_ml_tests.components.project import Project

PIPELINE = """\
type: emr_ml.TrainingPipeline
attributes:
  contract: contract.yaml
  key_prefix: [churn]
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{PIPELINE}  late_afterdays: 3\n", "5: attributes.late_afterdays: unknown key: did you"),
        (f"{PIPELINE}  schedules: 3\n", "5: attributes.schedules: should have keys and values, "),
        (
            f"{PIPELINE}  retention: {{champion: 3}}\n",
            "5: attributes.retention.champion: unknown key: did you mean champions?",
        ),
        (f"{PIPELINE}  late_after_days: [1]\n", "5: attributes.late_after_days: input should be "),
        (f"{PIPELINE}  thresholds: [1]\n", "5: attributes.thresholds: should have keys and values"),
        (
            PIPELINE.replace("contract.yaml", "contrct.yaml"),
            "3: attributes.contract: {folder}/contrct.yaml does not exist: paths are relative to",
        ),
        (
            f"{PIPELINE}  source: '{{{{ nothing }}}}'\n",
            "5: attributes.source: 'nothing' is undefined",
        ),
        (
            f"{PIPELINE}  source: '{{{{ 1 / 0 }}}}'\n",
            "5: attributes.source: division by zero",
        ),
        ("type: emr_ml.TrainingPipeline\n", "1: attributes.contract: is required"),
        (f"{PIPELINE}colour: red\n", "5: colour: unknown key: known are type, attributes, "),
        (f"{PIPELINE}  - : [\n", "5:3: is not YAML: expected <block end>, but found '-' while"),
        (f"{PIPELINE}  source: !include a\n", "5:11: is not YAML: could not determine a constr"),
        (f"{PIPELINE}\tx: 1\n", "5:1: is not YAML: found character '\\t' that cannot start any"),
        ("type: emr_ml.TrainingPipelin\n", "1: type: Module `emr_ml` has no attribute `Training"),
        ("type: no_such.Job\n", "1: type: Module `no_such` not found: `dg list components` shows"),
    ],
)
def test_it_begins_with_file_and_line(project: Project, text: str, told: str) -> None:
    path = project.pipeline("churn")
    path.write_text(text)

    with pytest.raises(ProjectError) as caught:
        project.load()

    assert str(caught.value).startswith(f"{path}:{told.format(folder=path.parent)}")
    assert "\n" not in str(caught.value)


def test_each_mistake_has_a_line(project: Project) -> None:
    path = project.pipeline("churn", colour="red", contract=3)

    with pytest.raises(ProjectError) as caught:
        project.load()

    lines = str(caught.value).splitlines()
    assert [line.partition(": unknown")[0].partition(": input")[0] for line in lines] == [
        f"{path}:3: attributes.contract",
        f"{path}:7: attributes.colour",
    ]


def test_dagster_shows_it_without_what_it_was_raised_in(project: Project) -> None:
    path = project.pipeline("churn", contract="missing.yaml")

    with pytest.raises(ProjectError) as caught:
        project.load()

    shown = serializable_error_info_from_exc_info((caught.type, caught.value, caught.tb))
    assert shown.message.startswith(f"emr_ml.mistakes.ProjectError: {path}:3: attributes.contract")
    assert shown.cause is None
    assert shown.context is None
    assert not [frame for frame in shown.stack if "component_tree.py" in frame]


@pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated")
def test_it_is_found_when_dagster_itself_loads_the_components(project: Project) -> None:
    path = project.pipeline("churn", colour="red")

    with (
        pytest.raises(UserError, match=rf"^{path}:7: attributes\.colour"),
        mistakes_first(project.defs),
    ):
        dg.ComponentTree.for_project(project.folder.parent).build_defs()


@pytest.mark.parametrize("code", ["import no_such_package", "1 / 0"])
def test_a_module_with_components_that_can_not_be_imported_is_a_bug(
    project: Project, code: str
) -> None:
    project.write("kinds.py", f"{code}\n")
    project.write("defs/own/defs.yaml", f"type: {project.package}.kinds.Own\n")

    with pytest.raises(Exception, match=r"kinds|division") as caught:
        project.load()

    assert not isinstance(caught.value, UserError)


def test_a_bug_keeps_its_stack_trace(tmp_path: Path) -> None:
    bug = KeyError("x")

    with pytest.raises(KeyError) as caught, mistakes_first(tmp_path):
        raise bug

    assert caught.value is bug


@pytest.mark.parametrize(
    "code",
    [
        "import yaml\nyaml.safe_load('a: [')",
        "from emr_ml.errors import UserError as E\ntry: raise E('x')\nexcept E: {}['missing']",
    ],
    ids=["other YAML", "an error while another is handled"],
)
def test_a_bug_of_a_component_is_not_taken_for_a_mistake(project: Project, code: str) -> None:
    project.write("kinds.py", f"{code}\n")
    project.write("defs/own/defs.yaml", f"type: {project.package}.kinds.Own\n")

    with pytest.raises(Exception, match=r"kinds|missing|expected") as caught:
        project.load()

    assert not isinstance(caught.value, UserError)


@pytest.mark.parametrize("text", ["", "# type: emr_ml.TrainingPipeline\n", "- 1\n", "---\n"])
def test_a_file_without_a_component_is_named(project: Project, text: str) -> None:
    path = project.pipeline("churn")
    path.write_text(text)

    with pytest.raises(
        ProjectError, match=rf"^{path}(: is empty|:\d: should have keys and values)"
    ):
        project.load()


def test_a_file_with_a_control_character_is_named(project: Project) -> None:
    path = project.pipeline("churn")
    path.write_text(f"{PIPELINE}\x01\n")

    with pytest.raises(ProjectError, match=rf"^{path}: is not YAML: unacceptable character #x0001"):
        project.load()
