"""The kind of a column, and which columns are excluded."""

import re
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from emr_ml.infer.column_kinds import ColumnProfile
from emr_ml.sources.listing import SourceError
from emr_ml_tests.infer.samples import choices, floats, infer_columns

NAMES = ("Ana", "Bo", "Cem", "Dai", "Eva", "Finn", "Gus", "Hal")
SENTENCES = [
    f"{first} and {second} saw {third}" for first in NAMES for second in NAMES for third in NAMES
]


class ColumnProfiler:
    """Profiles a column beside a numeric one and a label."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, values: Sequence[object], name: str = "a") -> ColumnProfile:
        rows = len(values)
        columns = {name: values, "other": floats(rows), "label": choices("yes", "no", rows=rows)}
        self.inferred = infer_columns(self.folder, **columns)
        return self.inferred.column(name)


@pytest.fixture(name="profile")
def fixture_profile(tmp_path: Path) -> ColumnProfiler:
    return ColumnProfiler(tmp_path)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        pytest.param(choices("-1.5", "+2", ".5", "5.", "1e3"), "numeric", id="numbers"),
        pytest.param(choices(0, 1), "numeric", id="two numbers"),
        pytest.param([*range(2010, 2022)], "numeric", id="years of few rows"),
        pytest.param([n * n % 10007 for n in range(200)], "numeric", id="distinct integers"),
        pytest.param(choices("red", "blue"), "categorical", id="words"),
        pytest.param(choices(1, ""), "categorical", id="a value or none"),
        pytest.param(choices("01067", "20095"), "categorical", id="leading zeros"),
        pytest.param(
            choices(*(f"0{n}" for n in range(1000, 1030))), "categorical", id="many leading zeros"
        ),
        pytest.param(
            choices("no formal education", "some years of college"), "categorical", id="phrases"
        ),
        pytest.param(SENTENCES[:200], "text", id="sentences"),
        pytest.param(
            [f"这个产品的质量非常好我很喜欢{n}" for n in range(100)], "text", id="Chinese"
        ),
    ],
)
def test_a_column_is_of_a_kind(profile: ColumnProfiler, values: list[object], kind: str) -> None:
    column = profile(values)
    assert (column.kind, column.exclusion) == (kind, None)


@pytest.mark.parametrize("value", ["1_000", "0x1F", "1d", "inf", "1e999", "٣"])
def test_a_number_is_one_for_both_spark_and_python(profile: ColumnProfiler, value: str) -> None:
    assert profile(choices(value, "x")).kind == "categorical"


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (choices("-1.5", "+2", ".5", "5.", "1e3"), "-1.5 to 1000"),
        (["7", ""] * 20, "only '7', 50% missing"),
        (choices("red", "blue"), "2 categories: 'red', 'blue'"),
        ([*floats(), "oops"], ".*; 1 value is not a number: 'oops'; such rows will be rejected"),
        ([*floats(), *[-999] * 5], ".*; -999 occurs 5 times, far from all other values: .*"),
        (SENTENCES[:200], "about 5 words each"),
    ],
)
def test_a_note_summarises_the_values(
    profile: ColumnProfiler, values: list[object], note: str
) -> None:
    assert re.fullmatch(note, profile(values).note)


def test_a_number_that_is_far_from_all_others_once_is_an_outlier(profile: ColumnProfiler) -> None:
    assert "far from" not in profile([*floats(), -999]).note


def test_rows_with_a_value_that_is_not_a_number_will_be_rejected(profile: ColumnProfiler) -> None:
    column = profile([*floats(), "oops"])
    assert (column.kind, column.rejected_values) == ("numeric", {"oops"})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["same"] * 50, "always 'same'"),
        ([7] * 50, "always '7'"),
        ([""] * 50, "empty"),
        ([*range(50)], "row numbers"),
        ([*range(1000, 1500, 10)], "row numbers"),
        ([f"{hour + 24}:10 UTC" for hour in range(50)], "dates and times"),
        ([str(uuid.UUID(int=number)) for number in range(50)], "different in every row"),
        ([f"AB/{number % 40}" for number in range(50)], "40 distinct values"),
        ([f"00{number % 40}" for number in range(50)], "40 distinct values"),
        ([*floats(), *(f"x{n}" for n in range(10))], "4.8% of the values are not numbers: 'x0'"),
    ],
)
def test_a_column_is_excluded_with_the_reason(
    profile: ColumnProfiler, values: list[object], reason: str
) -> None:
    assert reason in str(profile(values).exclusion)
    assert "a" not in profile.inferred.contract.columns
    assert f"# excluded: {reason}" in profile.inferred.line("# a:")


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("customerId", [n * n % 10007 for n in range(200)], "named like a key"),
        ("__a", floats(), "reserved name"),
    ],
)
def test_a_column_is_excluded_by_its_name(
    profile: ColumnProfiler, name: str, values: list[object], reason: str
) -> None:
    assert reason in str(profile(values, name).exclusion)


@pytest.mark.parametrize("name", ["row_id", "features", "prediction", "probability"])
def test_names_that_jobs_use_in_other_systems_are_usable(
    profile: ColumnProfiler, name: str
) -> None:
    assert profile(floats(), name).exclusion is None


@pytest.mark.parametrize(
    ("values", "kind", "rules"),
    [
        ([f"${number},{number}.50" for number in range(100, 150)], "numeric", "unit: $"),
        ([f"{day % 28 + 1}/3/2026" for day in range(50)], "datetime", "format: d/M/yyyy"),
        ([20260101 + day % 28 for day in range(50)], "datetime", "format: yyyyMMdd"),
        (choices("Red", "red", "BLUE", "blue"), "categorical", "fold_case: true"),
    ],
)
def test_how_values_are_written_is_in_the_contract(
    profile: ColumnProfiler, values: list[object], kind: str, rules: str
) -> None:
    assert profile(values).kind == kind
    assert rules in profile.inferred.line("a:")
    assert profile.inferred.contract.columns["a"].kind == kind


def test_letters_in_both_cases_are_different_categories(profile: ColumnProfiler) -> None:
    assert profile(choices("a", "A", "b", "B")).rules == {}


def test_a_column_that_leaks_the_label_is_excluded(tmp_path: Path) -> None:
    label = choices("yes", "no")
    alive = [value == "yes" for value in label]
    inferred = infer_columns(tmp_path, a=floats(), alive=alive, label=label)
    assert "matches the label 'label' one to one" in str(inferred.column("alive").exclusion)


KEYS = [f"C-{number:04}" for number in range(50)]


@pytest.mark.parametrize(
    ("name", "values", "ids"),
    [
        pytest.param("customer_id", KEYS, ("customer_id",), id="key"),
        pytest.param("customer_id", [*KEYS, ""], (), id="key with gaps"),
        pytest.param("Unnamed: 0", [*range(50)], (), id="row numbers"),
    ],
)
def test_a_complete_key_is_the_id(
    profile: ColumnProfiler, name: str, values: list[object], ids: tuple[str, ...]
) -> None:
    profile(values, name)
    assert profile.inferred.contract.id == ids


def test_if_all_columns_are_excluded_the_first_usable_one_is_included(tmp_path: Path) -> None:
    label = choices("yes", "no", rows=50)
    inferred = infer_columns(tmp_path, same=["a"] * 50, x=[*range(50)], label=label)
    assert inferred.kinds == {"x": "numeric"}
    assert "included only for lack of a better column: row numbers" in inferred.line("x:")


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["same"] * 50, id="constant"),
        pytest.param([""] * 50, id="empty"),
    ],
)
def test_if_no_column_is_usable_the_error_gives_the_reasons(
    tmp_path: Path, values: list[object]
) -> None:
    with pytest.raises(SourceError, match="besides the label 'label' can be learned from: 'a': "):
        infer_columns(tmp_path, a=values, label=choices("yes", "no", rows=50))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(
            [f"2024-{m:02}-{d:02}" for m in range(1, 11) for d in range(1, 21)], id="dates"
        ),
        pytest.param([f"{n / 4:.2f}" for n in range(200)], id="numbers"),
    ],
)
def test_digits_that_jobs_do_not_parse_are_no_numbers_or_dates(
    tmp_path: Path, values: list[str]
) -> None:
    thai = str.maketrans("0123456789", "".join(chr(0x0E50 + digit) for digit in range(10)))
    columns = {"a": [value.translate(thai) for value in values], "b": floats()}

    column = infer_columns(tmp_path, "y", **columns, y=choices(0, 1)).column("a")

    assert column.kind == "categorical"
    assert column.exclusion and "other digits than 0 to 9" in column.exclusion


def test_a_measurement_that_no_format_describes_is_no_key(tmp_path: Path) -> None:
    values = [f"{n / 100:.2f} ± 0.{n % 9 + 1}" for n in range(200, 400)]

    inferred = infer_columns(tmp_path, "y", dose=values, b=floats(), y=choices(0, 1))

    assert inferred.column("dose").exclusion
    assert inferred.profile.id is None


@pytest.mark.parametrize(
    "values",
    [
        ("10-20", "20-30", "30-40"),
        ("<18", "18-25", ">25"),
        ("< 18", ">= 18"),
        ("0–9", "10–49", "50+"),  # noqa: RUF001 - a dash in ranges
        ("$1,000 to $2,000", "$2,000 to $10,000"),
        ("<25K", "25K-50K", ">50K"),
    ],
)
def test_ranges_of_numbers_are_categories(tmp_path: Path, values: tuple[str, ...]) -> None:
    inferred = infer_columns(tmp_path, "y", a=choices(*values), y=choices(0, 1))

    assert inferred.contract.columns["a"].kind == "categorical"
    assert "; ranges, so each is a category" in inferred.line("a:")


@pytest.mark.parametrize("values", [("20-10", "30-20"), ("a-b", "c-d"), ("18-25", "other")])
def test_other_categories_are_no_ranges(tmp_path: Path, values: tuple[str, ...]) -> None:
    inferred = infer_columns(tmp_path, "y", a=choices(*values), y=choices(0, 1))
    assert "ranges" not in inferred.line("a:")
