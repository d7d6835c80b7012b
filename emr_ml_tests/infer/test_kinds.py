"""What kind of column values make, and which columns are left out."""

import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest

from emr_ml.infer.column_kinds import Guess
from emr_ml_tests.infer.samples import drawn, fractions, look_at

NAMES = ("Ana", "Bo", "Cem", "Dai", "Eva", "Finn", "Gus", "Hal")
SENTENCES = [
    f"{first} and {second} saw {third}" for first in NAMES for second in NAMES for third in NAMES
]


@pytest.fixture(name="guess")
def fixture_guess(tmp_path: Path) -> "Guesses":
    return Guesses(tmp_path)


class Guesses:
    """What is guessed of a column beside some numbers and a label."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, values: Sequence[object], name: str = "a") -> Guess:
        rows = len(values)
        columns = {name: values, "other": fractions(rows), "label": drawn("yes", "no", rows=rows)}
        self.seen = look_at(self.folder, **columns)
        return self.seen.guess(name)


def test_numbers_are_numeric_with_their_range(guess: Guesses) -> None:
    found = guess(drawn("-1.5", "+2", ".5", "5.", "1e3"))
    assert (found.kind, found.said, found.left_out) == ("numeric", "-1.5 to 1000", None)


@pytest.mark.parametrize("value", ["1_000", "0x1F", "1d", "inf", "1e999", "٣"])
def test_what_spark_and_python_do_not_both_take_for_a_number_is_none(
    guess: Guesses, value: str
) -> None:
    assert guess(drawn(value, "x")).kind == "categorical"


def test_few_values_that_are_no_numbers_are_told(guess: Guesses) -> None:
    found = guess([*fractions(), "oops"])
    assert found.kind == "numeric" and found.junk == {"oops"}
    assert "1 value is no number: 'oops'; their rows will be rejected" in found.said


def test_many_values_that_are_no_numbers_leave_a_column_out(guess: Guesses) -> None:
    found = guess([*fractions(), *(f"x{number}" for number in range(10))])
    assert "4.8 % of the values are no numbers" in str(found.left_out)


def test_a_number_far_from_all_others_may_stand_for_no_value(guess: Guesses) -> None:
    assert "-999 stands 5 times far from all others" in guess([*fractions(), *[-999] * 5]).said
    assert "far from" not in guess([*fractions(), -999]).said


def test_two_numbers_are_numeric(guess: Guesses) -> None:
    assert guess(drawn(0, 1)).kind == "numeric"


def test_digits_with_zeros_in_front_are_categories(guess: Guesses) -> None:
    found = guess(drawn("01067", "20095", "80331"))
    assert (found.kind, found.left_out) == ("categorical", None)


def test_words_that_come_back_are_categories_and_told(guess: Guesses) -> None:
    found = guess(drawn("red", "blue"))
    assert found.kind == "categorical"
    assert found.said.startswith("2 categories: '")


def test_sentences_are_text(guess: Guesses) -> None:
    found = guess([*SENTENCES[:200]])
    assert (found.kind, found.left_out) == ("text", None)


def test_sentences_that_come_back_are_categories(guess: Guesses) -> None:
    assert guess(drawn("no formal education", "some years of college")).kind == "categorical"


def test_chinese_texts_are_text(guess: Guesses) -> None:
    texts = [f"这个产品的质量非常好我很喜欢{number}" for number in range(100)]
    assert guess([*texts]).kind == "text"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["same"] * 50, "it is always 'same'"),
        ([7] * 50, "it is always '7'"),
        ([""] * 50, "it is empty"),
        ([*range(50)], "it numbers the rows"),
        ([*range(1000, 1500, 10)], "it numbers the rows"),
        ([f"2026-01-{day % 28 + 1:02}" for day in range(50)], "dates and times"),
        ([f"{day % 28 + 1}/3/26 10:{day:02}" for day in range(50)], "dates and times"),
        ([20260101 + day % 28 for day in range(50)], "dates"),
        ([f"$1,{number:03}" for number in range(50)], "numbers with signs"),
        ([str(uuid.UUID(int=number)) for number in range(50)], "each row has its own"),
        ([f"AB/{number % 40}" for number in range(50)], "40 different values"),
    ],
)
def test_what_tells_nothing_is_left_out_with_the_reason(
    guess: Guesses, values: list[object], reason: str
) -> None:
    assert reason in str(guess(values).left_out)
    assert "a" not in guess.seen.contract.columns
    assert reason in guess.seen.line("# a:")


def test_the_years_of_few_rows_are_quantities(guess: Guesses) -> None:
    assert guess([*range(2010, 2022)]).left_out is None


def test_different_integers_are_quantities_unless_their_name_tells_otherwise(
    guess: Guesses,
) -> None:
    values: list[object] = [number * number % 10007 for number in range(200)]
    assert guess(values).left_out is None
    assert "a key, by its name" in str(guess(values, "customerId").left_out)


def test_a_value_that_is_there_or_not_is_a_category(guess: Guesses) -> None:
    found = guess(drawn(1, ""))
    assert (found.kind, found.left_out) == ("categorical", None)


def test_what_gives_the_label_away_is_left_out(tmp_path: Path) -> None:
    label = drawn("yes", "no")
    seen = look_at(tmp_path, a=fractions(), alive=[value == "yes" for value in label], label=label)
    assert "it agrees one to one with the label" in str(seen.guess("alive").left_out)


def test_names_that_the_jobs_use_are_left_out(guess: Guesses) -> None:
    assert "the jobs use that name" in str(guess(fractions(), "row_id").left_out)
    assert "the jobs use that name" in str(guess(fractions(), "__a").left_out)


def test_a_key_is_the_id(guess: Guesses) -> None:
    guess([f"C-{number:04}" for number in range(50)], "customer_id")
    assert guess.seen.contract.id == ("customer_id",)


def test_a_key_with_gaps_is_no_id(guess: Guesses) -> None:
    guess([*(f"C-{number:04}" for number in range(50)), ""], "customer_id")
    assert guess.seen.contract.id == ()


def test_a_count_of_rows_is_no_id(guess: Guesses) -> None:
    guess([*range(50)], "Unnamed: 0")
    assert guess.seen.contract.id == ()


def test_of_columns_that_are_all_left_out_the_first_is_taken(tmp_path: Path) -> None:
    seen = look_at(tmp_path, x=[*range(50)], label=drawn("yes", "no", rows=50))
    assert seen.kinds == {"x": "numeric"}
    assert "taken for want of a better one: it numbers the rows" in seen.line("x:")
