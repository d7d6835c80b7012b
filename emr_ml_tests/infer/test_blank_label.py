"""Labels of two classes of which one is left blank."""

import re
from pathlib import Path

import pytest

from emr_ml.contract.schema import Label
from emr_ml_tests.infer.samples import Inferred, choices, floats, infer_columns, infer_content


def label_of(inferred: Inferred) -> Label:
    assert inferred.contract.label
    return inferred.contract.label


@pytest.mark.parametrize(
    ("values", "positive", "blank"),
    [
        (("X", ""), "X", "no"),
        (("x", "", "", ""), "x", "no"),
        (("x", "X", ""), "x", "no"),
        (("✓", ""), "✓", "no"),
        (("1", ""), "1", "0"),
        (("yes", ""), "yes", "no"),
    ],
)
def test_a_column_of_ticks_has_a_class_of_blanks(
    tmp_path: Path, values: tuple[str, ...], positive: str, blank: str
) -> None:
    inferred = infer_columns(tmp_path, a=floats(), churned=choices(*values))

    label = label_of(inferred)
    assert (label.column, label.problem) == ("churned", "binary")
    assert (label.positive, label.negative, label.blank) == (positive, (blank,), blank)
    assert label.fold_case == ("X" in values and "x" in values)
    counts, _, note = inferred.line("positive:").partition("; blank in ")
    assert f"which `blank` takes for '{blank}'" in note
    # no row has that value
    assert re.search(r"\bblank \d+", counts) and not re.search(rf"'{blank}' \d+", counts)
    assert inferred.profile.rejected_share == 0


def test_a_word_beside_blanks_is_a_label_only_if_it_is_asked_for(tmp_path: Path) -> None:
    columns = {"a": floats(), "b": floats(), "remark": choices("late", "")}

    assert infer_columns(tmp_path, **columns).contract.label is None
    label = label_of(infer_columns(tmp_path, "remark", **columns))
    assert (label.positive, label.blank) == ("late", "no")


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["yes"] * 198 + ["", ""], id="few blanks"),
        pytest.param(["yes"] * 4 + [""] * 196, id="hardly any value"),
        pytest.param(choices("no", ""), id="no beside blanks"),
        pytest.param(choices("yes", "no", ""), id="two values"),
    ],
)
def test_other_blanks_lack_a_label(tmp_path: Path, values: list[object]) -> None:
    inferred = infer_columns(tmp_path, "y", a=floats(), y=values)

    assert label_of(inferred).blank is None
    assert inferred.profile.rejected_share > 0


def test_a_null_of_json_lines_is_blank(tmp_path: Path) -> None:
    lines = [f'{{"a": {n}.5, "churned": {"null" if n % 3 else 1}}}\n' for n in range(60)]

    inferred = infer_content(tmp_path, "".join(lines), name="data.jsonl")

    assert label_of(inferred).blank == "0"
