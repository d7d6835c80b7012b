"""Requests are checked against EMR's own API description."""

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.launchers.remote.service_model import format_mistakes, mistakes

SMALL: dict[str, Any] = {"Name": "a", "Instances": {}}
RUN_JOB_FLOW = (
    ServiceModel(Loader().load_service_model("emr", "service-2"), "emr")
    .operation_model("RunJobFlow")
    .input_shape
)


def lines(partial: bool = False, **fields: Any) -> list[str]:
    request = fields if partial else SMALL | fields
    return format_mistakes(mistakes("RunJobFlow", request, partial=partial))


def test_a_valid_request_has_no_mistakes() -> None:
    assert lines() == []
    assert lines(Instances={"InstanceFleets": [{"InstanceFleetType": "CORE"}]}) == []
    assert lines(Configurations=[{"Classification": "a", "Configurations": [{}]}]) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Nam": "a"}, "Nam: EMR's API has no such field: did you mean Name?"),
        (
            {"Instances": {"Ec2keyname": "a"}},
            "Instances.Ec2keyname: EMR's API has no such field: did you mean Ec2KeyName?",
        ),
        (
            {"AutoTerminationPolicy": {"xyz": 1}},
            "AutoTerminationPolicy.xyz: EMR's API has no such field: known are IdleTimeout",
        ),
        (
            {"RepoUpgradeOnBoot": "None"},
            "RepoUpgradeOnBoot: should be one of SECURITY, NONE, not 'None': did you mean NONE?",
        ),
        ({"Name": None}, "Name: should be of type string, not None"),
        ({"StepConcurrencyLevel": "1"}, "StepConcurrencyLevel: should be of type integer, not '1'"),
        (
            {"StepConcurrencyLevel": True},
            "StepConcurrencyLevel: should be of type integer, not True",
        ),
        ({"VisibleToAllUsers": 1}, "VisibleToAllUsers: should be of type boolean, not 1"),
        ({"Tags": {"a": "b"}}, "Tags: should be a list, not {'a': 'b'}"),
        ({"Instances": []}, "Instances: should be a mapping, not []"),
        ({"Name": "a" * 257}, "Name: should have 0 to 256 characters, not 257"),
        ({"Name": "a\0"}, "Name: should have no control characters: 'a\\x00'"),
        (
            {"BootstrapActions": [{"Name": "a"}]},
            "BootstrapActions.0: ScriptBootstrapAction is missing",
        ),
        (
            {"Instances": {"InstanceFleets": [{"InstanceFleetType": "CORE"}, {}]}},
            "Instances.InstanceFleets.1: InstanceFleetType is missing",
        ),
        (
            {"ManagedScalingPolicy": {"UtilizationPerformanceIndex": 101}},
            "ManagedScalingPolicy.UtilizationPerformanceIndex: should be at most 100, not 101",
        ),
        (
            {"ManagedScalingPolicy": {"UtilizationPerformanceIndex": 0}},
            "ManagedScalingPolicy.UtilizationPerformanceIndex: should be at least 1, not 0",
        ),
    ],
)
def test_a_mistake_is_reported_with_its_path(fields: dict[str, Any], expected: str) -> None:
    assert lines(**fields) == [expected]


def test_all_mistakes_are_reported_at_once() -> None:
    assert len(lines(Name=3, Nope=1, Tags=[{"Kex": "a"}])) == 3


def test_overrides_may_lack_fields_and_set_others_to_null() -> None:
    assert lines(partial=True) == []
    assert lines(partial=True, Instances=None, BootstrapActions=[{"Name": "a"}]) == []


def test_null_is_no_entry_of_a_list() -> None:
    assert lines(partial=True, Tags=[None]) == ["Tags.0: should be a mapping, not None"]


NAMES = st.sampled_from(["Name", "Instances", "Tags", "Key", "Value", "Steps", "Nope", "a"])
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(1, 9), st.sampled_from(["CORE", "a"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


@settings(deadline=None)
@given(ANYTHING)
def test_whatever_botocore_rejects_is_a_mistake(request: Any) -> None:
    assert RUN_JOB_FLOW

    if ParamValidator().validate(request, RUN_JOB_FLOW).has_errors():
        assert list(mistakes("RunJobFlow", request))
