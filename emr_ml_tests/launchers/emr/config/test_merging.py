"""Merging drops nothing, and does not change its arguments."""

import copy
import itertools
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.launchers.emr.config.merging import merged, merged_configurations, overridden

WORDS = st.sampled_from(["spark", "spark-defaults", "spark-env", "yarn-site", "export"])
PROPERTIES = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("12345"), max_size=3)
Configurations = list[dict[str, Any]]


def entries(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Configurations]:
    entry = st.fixed_dictionaries(
        {"Classification": WORDS}, optional={"Properties": PROPERTIES, "Configurations": inner}
    )
    return st.lists(entry, max_size=3)


CONFIGURATIONS = st.recursive(entries(st.just([])), entries, max_leaves=6)
VALUES = st.recursive(
    st.one_of(st.integers(0, 3), st.none(), st.lists(st.integers(0, 3), max_size=2)),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)

Path = tuple[str, ...]


def properties(lists: list[Configurations], path: Path = ()) -> dict[Path, str]:
    """Return the effective value of every property, by its path of classifications."""
    found: dict[Path, str] = {}
    for entry in itertools.chain.from_iterable(lists):
        here = (*path, entry["Classification"])
        found |= {(*here, name): value for name, value in entry.get("Properties", {}).items()}
        found |= properties([entry.get("Configurations", [])], here)
    return found


@settings(deadline=None)
@given(st.lists(CONFIGURATIONS, max_size=3))
def test_every_property_is_kept_with_its_latest_value(lists: list[Configurations]) -> None:
    assert properties([merged_configurations(*lists)]) == properties(lists)


@settings(deadline=None)
@given(st.lists(CONFIGURATIONS, max_size=3))
def test_classifications_are_unique_and_sorted(lists: list[Configurations]) -> None:
    def names(configurations: Configurations) -> None:
        found = [entry["Classification"] for entry in configurations]
        assert found == sorted(set(found))
        for entry in configurations:
            names(entry.get("Configurations", []))

    names(merged_configurations(*lists))


@settings(deadline=None)
@given(CONFIGURATIONS)
def test_merging_again_changes_nothing(configurations: Configurations) -> None:
    once = merged_configurations(configurations)

    assert merged_configurations(once) == once
    assert merged_configurations(once, once) == once


@settings(deadline=None)
@given(st.lists(CONFIGURATIONS, min_size=1, max_size=3))
def test_merging_configurations_does_not_change_its_arguments(lists: list[Configurations]) -> None:
    before = copy.deepcopy(lists)

    result = merged_configurations(*lists)
    for entry in result:
        entry["Properties"]["new"] = "1"

    assert lists == before


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS)
def test_merging_mappings_does_not_change_its_arguments(
    base: dict[str, Any], overrides: dict[str, Any]
) -> None:
    before = copy.deepcopy((base, overrides))

    result = merged(base, overrides)
    empty(result)

    assert (base, overrides) == before


def empty(value: Any) -> None:
    """Remove everything from a value, at all depths."""
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            empty(part)
        value.clear()


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS)
def test_overrides_count_and_everything_else_is_kept(
    base: dict[str, Any], overrides: dict[str, Any]
) -> None:
    result = merged(base, overrides)

    assert result.keys() == base.keys() | overrides.keys()
    for key, value in result.items():
        if key not in overrides:
            assert value == base[key]
        elif isinstance(overrides[key], dict) and isinstance(base.get(key), dict):
            assert value == merged(base[key], overrides[key])
        else:
            assert value == overrides[key]


REQUEST: dict[str, Any] = {
    "Name": "a",
    "Instances": {"InstanceFleets": [{"InstanceFleetType": "MASTER"}], "Ec2KeyName": "k"},
    "Applications": [{"Name": "Spark"}],
    "BootstrapActions": [{"Name": "x", "Path": "1"}, {"Name": "y"}, {"Name": "x", "Path": "2"}],
    "Configurations": [{"Classification": "spark", "Properties": {"a": "1", "b": "1"}}],
    "Tags": [{"Key": "project", "Value": "emr-ml"}],
}


def test_an_override_changes_only_its_field() -> None:
    result = overridden(REQUEST, {"Instances": {"Ec2KeyName": "other"}})

    assert result == REQUEST | {"Instances": REQUEST["Instances"] | {"Ec2KeyName": "other"}}


def test_an_override_replaces_a_list() -> None:
    fleets = [{"InstanceFleetType": "CORE"}]

    result = overridden(REQUEST, {"Instances": {"InstanceFleets": fleets}})

    assert result["Instances"] == {"InstanceFleets": fleets, "Ec2KeyName": "k"}


def test_null_removes_a_field() -> None:
    result = overridden(REQUEST, {"Instances": {"Ec2KeyName": None}, "Tags": None})

    assert "Tags" not in result
    assert set(result["Instances"]) == {"InstanceFleets"}


def test_entries_with_names_are_replaced_by_name_and_others_are_added() -> None:
    result = overridden(
        REQUEST,
        {
            "Applications": [{"Name": "Livy"}],
            "BootstrapActions": [{"Name": "y", "Path": "3"}],
            "Tags": [{"Key": "project", "Value": "mine"}, {"Key": "team", "Value": "b"}],
        },
    )

    assert result["Applications"] == [{"Name": "Spark"}, {"Name": "Livy"}]
    assert result["BootstrapActions"] == [
        {"Name": "x", "Path": "1"},
        {"Name": "y", "Path": "3"},
        {"Name": "x", "Path": "2"},
    ]
    assert result["Tags"] == [
        {"Key": "project", "Value": "mine"},
        {"Key": "team", "Value": "b"},
    ]


def test_configurations_of_overrides_are_merged_by_classification() -> None:
    overrides = [
        {"Classification": "spark", "Properties": {"a": "2"}},
        {"Classification": "hdfs-site"},
    ]

    result = overridden(REQUEST, {"Configurations": overrides})

    assert result["Configurations"] == [
        {"Classification": "hdfs-site", "Properties": {}},
        {"Classification": "spark", "Properties": {"a": "2", "b": "1"}},
    ]


@settings(deadline=None)
@given(MAPPINGS)
def test_applying_overrides_does_not_change_its_arguments(overrides: dict[str, Any]) -> None:
    base, overrides = copy.deepcopy(REQUEST), {"Instances": overrides, "Tags": [{"Key": "a"}]}
    before = copy.deepcopy(overrides)

    empty(overridden(base, overrides))

    assert base == REQUEST
    assert overrides == before
