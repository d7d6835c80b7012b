"""A contract is data: nothing in it is executed, and none of it makes its reader run forever."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emr_ml.contract import ContractError, parse_contract
from emr_ml.lake.snapshots import take_snapshot
from emr_ml.located_yaml import YamlError, parse
from spark_jobs.runtime.lake import Lake

MARKS = st.sampled_from(
    [*"{}[]&*!|>%@`'\"#-?:,=~", "\n", "\n  ", ": ", "- ", "<<", "!!", "!!int ", "&a ", "*a", "0x_"]
)
YAML_LIKE = st.lists(MARKS | st.text(max_size=3), max_size=30).map("".join)


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:pathlib.Path.touch",
        "!!python/object/apply:os.system",
        "!!python/object/new:subprocess.Popen",
        "!!python/name:os.system",
        "!!python/module:os",
        "!python/object:os.system",
    ],
)
def test_a_tag_that_names_code_is_refused(tmp_path: Path, tag: str) -> None:
    with pytest.raises(ContractError, match=r"a\.yaml:1:10: could not determine a constructor"):
        parse_contract(f"columns: {tag} ['{tmp_path}/run']", "a.yaml")

    assert not (tmp_path / "run").exists()


def laughs(count: int, row: str) -> str:
    """Each line holds the line before it twice."""
    lines = [f"a{n}: &a{n} {row.format(n - 1)}" for n in range(1, count)]
    return "\n".join(["a0: &a0 {x: 1}", *lines])


@pytest.mark.parametrize(
    "row", ["[*a{0}, *a{0}]", "{{x: *a{0}, y: *a{0}}}", "{{<<: [*a{0}, *a{0}]}}"]
)
def test_anchors_that_would_hold_billions_of_values_are_refused(row: str) -> None:
    with pytest.raises(YamlError, match="more than 200,000 values"):
        parse(laughs(40, row))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("[" * 10_000, "nested more than 50 deep", id="brackets"),
        pytest.param("{a: " * 10_000, "nested more than 50 deep", id="braces"),
        pytest.param("a: " + "[" * 60 + "]" * 60, "nested more than 50 deep", id="closed"),
        pytest.param("a: &a [*a]", "an anchor contains itself", id="itself"),
        pytest.param("#" * 2_000_001, "at most 2,000,000 are read", id="huge"),
    ],
)
def test_a_contract_beyond_the_limits_on_size_depth_and_anchors_is_refused(
    text: str, what: str
) -> None:
    with pytest.raises(YamlError, match=what):
        parse(text)


@pytest.mark.parametrize(
    "value",
    ["2020-99-99", "!!int x", "0b_", "!!float x", "!!bool x", "!!timestamp x", "9" * 5000],
)
def test_a_value_of_the_wrong_type_is_reported_with_its_location(value: str) -> None:
    with pytest.raises(YamlError, match=r"^2:6: is not a valid \w+; if it is text, put it in"):
        parse(f"a: 1\nbcd: {value}")


@example("? {a: b}\n: c")
@example("a: !!set {x, y}")
@example("--- a\n--- b")
@example("!!int ")
@given(YAML_LIKE | st.text(max_size=30))
def test_any_text_is_a_contract_or_is_refused_with_its_location(text: str) -> None:
    try:
        parse_contract(text, "a.yaml")
    except ContractError as error:
        first = str(error).split(": ")[0]
    else:
        return
    assert first.startswith("a.yaml:")


@pytest.mark.parametrize("pattern", ["a{99999999999}", "(" * 2000 + ")" * 2000, "(?P<a>x)(?P<a>y)"])
def test_an_invalid_pattern_is_reported(pattern: str) -> None:
    with pytest.raises(ContractError, match=r"is not a regular expression: \w+"):
        parse_contract(f"columns: {{a: {{kind: text, pattern: '{pattern}'}}}}", "a.yaml")


def test_a_pattern_that_would_search_for_years_is_not_matched_by_dagster(
    tmp_path: Path, folder_lake: Lake
) -> None:
    contract = parse_contract("columns: {a: {kind: text, pattern: '(a+)+b'}}", "a.yaml")
    (tmp_path / "a.csv").write_text(f"a\n{'a' * 5000}\n")

    (file,) = take_snapshot(str(tmp_path / "a.csv"), folder_lake, "raw_csv_s3", contract).files

    assert file.columns == ("a",)
