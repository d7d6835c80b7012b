"""Which values are missing ones."""

from collections import Counter
from pathlib import Path

import pytest

from emr_ml.infer.missing import find_missing_tokens
from emr_ml_tests.infer.samples import choices, floats, infer_columns

WELL_KNOWN = ["?", "NA", "N/A", "NaN", "nan", "null", "NULL"]
AMONG_NUMBERS = ["None", "-", "missing", "."]


@pytest.mark.parametrize(
    ("columns", "tokens"),
    [
        *(({"a": choices("red", "blue", token)}, {token}) for token in WELL_KNOWN),
        *(({"a": choices("red", "blue", token)}, set[str]()) for token in AMONG_NUMBERS),
        *(({"a": [*floats(), token, token]}, {token}) for token in AMONG_NUMBERS),
        pytest.param(
            {"a": [*floats(), *["unknown"] * 8]}, {"unknown"}, id="repeated word among numbers"
        ),
        pytest.param(
            {"a": [*floats(), *["other"] * 8], "b": choices("other", "red", rows=208)},
            set[str](),
            id="category of another column",
        ),
        pytest.param({"a": [*floats(), "oops"]}, set[str](), id="single word among numbers"),
        pytest.param(
            {"a": [*floats(), *[".", ".a"] * 120]}, {".", ".a"}, id="Stata, more than half"
        ),
        pytest.param(
            {"a": [*["2024-05-01 10:00:00", "2023-06-07 00:00:00"] * 9, "0000-00-00 00:00:00"]},
            {"0000-00-00 00:00:00"},
            id="MySQL's date that is none",
        ),
        pytest.param({"a": choices("1", "2", "#DIV/0!")}, {"#DIV/0!"}, id="error of a spreadsheet"),
        pytest.param(
            {"a": ["this is not available", "NA", "what is this now"]}, set[str](), id="text"
        ),
    ],
)
def test_a_token_means_a_missing_value(columns: dict[str, list[object]], tokens: set[str]) -> None:
    counts = {name: Counter(map(str, values)) for name, values in columns.items()}
    assert set(find_missing_tokens(counts, ".")) == {"", *tokens}


def test_the_tokens_are_in_the_contract_with_their_counts(tmp_path: Path) -> None:
    column, label = [*floats(), "NA", "NA"], choices(0, 1, rows=202)
    inferred = infer_columns(tmp_path, a=column, label=label)
    assert inferred.contract.missing == ("", "NA")
    assert "'NA' 2 times" in inferred.line("missing:")
    assert "0.99% missing" in inferred.column("a").note


def test_a_class_may_be_called_none(tmp_path: Path) -> None:
    label = choices("None", "mild", "bad", rows=201)
    contract = infer_columns(tmp_path, a=[*floats(), "None"], label=label).contract
    assert contract.missing == ("",)
    assert contract.label and "None" in (contract.label.classes or ())


def test_many_missing_labels_are_told_and_not_allowed_for(tmp_path: Path) -> None:
    inferred = infer_columns(tmp_path, a=floats(), label=choices(0, 1, 0, 1, 0, 1, "?"))

    missing = inferred.profile.rejected_share
    assert missing > inferred.contract.checks.max_rejected_share == 0.05
    assert f"# The file does not fit: {100 * missing:.2g}% of the sampled rows" in inferred.text
    assert f"{200 * missing:.0f} have no value in the column 'label'" in inferred.text


DATES = [f"20{year}-0{month}-1{day}" for year in (19, 24) for month in (1, 5) for day in (2, 7)]


@pytest.mark.parametrize(
    ("dates", "token"),
    [
        pytest.param([*DATES, "9999-12-31", "9999-12-31"], "9999-12-31", id="the last day"),
        pytest.param([*DATES, *["1900-01-01 00:00:00"] * 2], "1900-01-01 00:00:00", id="the first"),
        pytest.param([*DATES, *["01.01.1900"] * 2], "01.01.1900", id="written otherwise"),
        pytest.param([*DATES, "9999-12-31"], None, id="once"),
        pytest.param([*DATES, "1912-04-01", *["1900-01-01"] * 2], None, id="near to others"),
        pytest.param([*DATES, "unknown", *["9999-12-31"] * 2], None, id="beside words"),
    ],
)
def test_a_repeated_date_far_from_all_others_stands_for_none(
    dates: list[str], token: str | None
) -> None:
    found = find_missing_tokens({"d": Counter(dates)}, ".")
    assert {*found} - {""} == ({token} if token else set())


def test_such_a_date_is_a_value_if_it_is_one_in_another_column() -> None:
    columns = {
        "sold": Counter([*DATES, *["1900-01-01"] * 2]),
        "born": Counter(["1899-05-07", "1900-01-01", "1901-02-03"]),
    }
    assert {*find_missing_tokens(columns, ".")} == {""}


def test_dates_beside_a_stand_in_are_learned_from(tmp_path: Path) -> None:
    dates = [f"2024-05-{day:02}" for day in range(1, 21)] + ["9999-12-31"] * 10
    inferred = infer_columns(tmp_path, None, ended=dates, y=choices("a", "b", rows=30))

    assert inferred.kinds == {"ended": "datetime"}
    assert "'9999-12-31' 10 times" in inferred.line("missing:")
