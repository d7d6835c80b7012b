"""Run config and where its defaults come from."""

from pathlib import Path

import dagster as dg
import pytest

from emr_ml.contract import Contract
from emr_ml.definitions import defs
from emr_ml.materialization import SparkConfig
from emr_ml.pipeline import Pipeline
from emr_ml.run_config import RunConfigError, model_config, model_params
from emr_ml.settings import Settings

CONTRACT = Contract.model_validate({"columns": {"a": "text"}, "model": {"trees": 3}})


def config_of(contract: str) -> type[SparkConfig]:
    return model_config(Pipeline.of_settings(Settings.model_validate({}), contract=contract))


def contract_file(folder: Path, text: str) -> str:
    path = folder / "contract.yaml"
    path.write_text(text)
    return str(path)


def test_the_contract_gives_the_defaults_that_the_launchpad_shows(tmp_path: Path) -> None:
    dataset = contract_file(tmp_path, "columns: {a: text}\nmodel: {trees: 3}\n")

    shown = config_of(dataset).model_validate({}).model_dump()

    assert shown["trees"] == 3
    assert shown["tolerance"] == 1e-5
    assert shown["force"] is False


@pytest.mark.parametrize("dataset", ["s3://bucket/contract.yaml", "broken"])
def test_a_contract_that_can_not_be_read_gives_no_defaults(tmp_path: Path, dataset: str) -> None:
    address = contract_file(tmp_path, "columns: [") if dataset == "broken" else dataset

    assert config_of(address).model_validate({}).model_dump()["trees"] is None


def test_every_field_has_a_description(tmp_path: Path) -> None:
    fields = config_of(contract_file(tmp_path, "columns: {a: text}\n")).model_fields

    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize(
    ("job", "op"),
    [
        ("training_job", "lr_model"),
        ("sales_job", "sales_by_seller"),
        ("clean_lake_job", "clean_lake"),
    ],
)
def test_the_launchpad_describes_each_field_and_its_default(job: str, op: str) -> None:
    schema = defs.resolve_job_def(job).all_node_defs
    (node,) = [each for each in schema if each.name == op]
    fields = node.config_schema.as_field().config_type.fields  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess] - it has a config

    assert fields
    for name, field in fields.items():
        assert field.description, name
        assert field.default_provided, name


@pytest.mark.parametrize(
    "mistake",
    [
        {"estimator": "forest"},
        {"featurizers": [{"text": "bag_of_words"}]},
        {"trees": "many"},
        {"tree": 5},
    ],
)
def test_the_launchpad_refuses_a_mistake_before_anything_runs(mistake: dict[str, object]) -> None:
    config = {"ops": {"lr_model": {"config": mistake}}}

    with pytest.raises(dg.DagsterInvalidConfigError, match=next(iter(mistake))):
        dg.validate_run_config(defs.resolve_job_def("training_job"), config)


def test_a_mistake_that_only_the_run_finds_says_where_to_correct_it() -> None:
    config = config_of("s3://elsewhere").model_validate({"max_iterations": -1})

    with pytest.raises(RunConfigError) as caught:
        model_params(CONTRACT, config)

    assert "max_iterations: must be" in caught.value.problem
    assert caught.value.fix.startswith("correct it in the launchpad")


def test_run_config_overrides_the_values_that_it_names() -> None:
    config = config_of("s3://elsewhere").model_validate({"regularization": [0.25]})

    params = model_params(CONTRACT, config)

    assert params["regularization"] == [0.25]
    assert params["trees"] == 3
    assert "force" not in params


def test_a_value_out_of_bounds_is_refused_by_name() -> None:
    config = config_of("s3://elsewhere").model_validate({"tolerance": 0.0})

    with pytest.raises(RunConfigError, match="run config of lr_model: tolerance"):
        model_params(CONTRACT, config)


@pytest.mark.parametrize("class_weight", ["none", "balanced", {"yes": 3.0}])
def test_classes_may_be_weighted_for_a_run(class_weight: object) -> None:
    contract = Contract.model_validate(
        {
            "columns": {"a": "text"},
            "label": {"column": "y", "positive": "yes"},
            "model": {"class_weight": {"yes": 2.0}},
        }
    )
    config = config_of("s3://elsewhere").model_validate({"class_weight": class_weight})

    assert model_params(contract, config)["class_weight"] == class_weight


def test_the_launchpad_shows_the_contracts_weights(tmp_path: Path) -> None:
    dataset = contract_file(tmp_path, "columns: {a: text}\nmodel: {class_weight: {rare: 10}}\n")

    assert config_of(dataset).model_validate({}).model_dump()["class_weight"] == {"rare": 10}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"class_weight": "balanced"}, "`class_weight` is for classes"),
        ({"threshold": 0.2}, "a thr"),
    ],
)
def test_weights_or_a_threshold_for_a_numeric_label_are_refused(
    given: dict[str, object], problem: str
) -> None:
    label = {"column": "y", "kind": "numeric"}
    contract = Contract.model_validate({"columns": {"a": "text"}, "label": label})
    config = config_of("s3://elsewhere").model_validate(given)

    with pytest.raises(RunConfigError, match=f"run config of lr_model: {problem}"):
        model_params(contract, config)
