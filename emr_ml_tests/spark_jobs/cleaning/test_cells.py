"""Values of one row: what becomes null, what is rejected and why, and what identifies the row."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr_ml.contract import Contract
from emr_ml_tests.spark_jobs.bench import Bench

DIFFERS = "the number of fields differs from the header's"


def of(kind: str, **fields: Any) -> Contract:
    """A contract for files of the columns `v`, of that kind, and `y`."""
    column = {"kind": kind, "required": fields.pop("required", False)}
    return Contract.model_validate({"columns": {"v": column}, **fields})


def value(bench: Bench, field: str, contract: Contract) -> Any:
    (row,) = bench.process(f"v,y\n{field},yes\n", contract).kept
    return row["v"]


@pytest.mark.parametrize("kind", ["numeric", "categorical"])
def test_words_for_missing_are_null(bench: Bench, kind: str) -> None:
    rows = bench.process('v,y\n?,yes\nNA,yes\n,yes\n"",yes\n" ? ",yes\n', of(kind)).kept

    assert [row["v"] for row in rows] == [None] * 5


def test_words_for_missing_are_the_contracts(bench: Bench) -> None:
    contract = of("categorical", missing=["none"])

    rows = bench.process("v,y\nnone,yes\n?,yes\nNA,yes\n", contract).kept

    assert [row["v"] for row in rows] == [None, "?", "NA"]


def test_words_for_missing_are_words_in_a_text(bench: Bench) -> None:
    rows = bench.process("v,y\n?,yes\nNA,yes\n", of("text")).kept

    assert [row["v"] for row in rows] == ["?", "NA"]


@pytest.mark.parametrize("field", ["", '""', '"  "'])
def test_a_text_without_a_character_is_null(bench: Bench, field: str) -> None:
    assert value(bench, field, of("text")) is None


def test_a_text_keeps_its_blanks(bench: Bench) -> None:
    assert value(bench, '"  two  words "', of("text")) == "  two  words "


def test_a_category_has_no_blanks_around_it(bench: Bench) -> None:
    assert value(bench, '"  two  words "', of("categorical")) == "two  words"


@pytest.mark.parametrize(
    ("field", "number"),
    [("1", 1.0), ("-2.5", -2.5), ("+3", 3.0), (".5", 0.5), ("1e3", 1000.0), ('" 7 "', 7.0)],
)
def test_a_number_may_be_written_in_these_ways(bench: Bench, field: str, number: float) -> None:
    assert value(bench, field, of("numeric")) == number


def test_what_is_not_a_finite_decimal_number_is_rejected(bench: Bench) -> None:
    fields = ["1d", "1F", "-Infinity", "1e999", "0x1p3", "1_000", "one", "1 2", "٣", "+", "--1"]

    reasons = bench.process("v,y\n" + "".join(f"{f},yes\n" for f in fields), of("numeric")).reasons

    assert reasons == [f"v is not a number: {field}" for field in fields]


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("NaN", "If it stands for no value, add it to `missing`"),
        ("inf", "If it stands for no value, add it to `missing`"),
        ("None", "If it stands for no value, add it to `missing`"),
        ('"3,5"', "Is its decimal mark a comma? Set `decimal` under `dialect`"),
    ],
)
def test_what_is_no_number_has_a_hint_where_the_cause_is_likely(
    bench: Bench, field: str, hint: str
) -> None:
    (reason,) = bench.process(f"v,y\n{field},yes\n", of("numeric")).reasons

    assert reason.endswith(hint)


def test_a_reason_shows_the_start_of_a_long_value(bench: Bench) -> None:
    (reason,) = bench.process(f"v,y\n{'x' * 500},yes\n", of("numeric")).reasons

    assert reason == "v is not a number: " + "x" * 100


@pytest.mark.parametrize("kind", ["numeric", "categorical", "text"])
def test_a_row_without_a_required_value_is_rejected(bench: Bench, kind: str) -> None:
    done = bench.process('v,y\n1,yes\n"",yes\n', of(kind, required=True))

    assert (len(done.kept), done.reasons) == (1, ["v is missing"])


def test_all_that_is_wrong_with_a_row_is_told(bench: Bench) -> None:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric", "b": {"kind": "text", "required": True}}}
    )

    (reason,) = bench.process("a,b,c\nx,,1\n", contract).reasons

    assert reason == "a is not a number: x; b is missing"


def test_a_short_record_is_rejected_for_its_length_too(bench: Bench) -> None:
    (reason,) = bench.process("v,y\nx\n", of("numeric")).reasons

    assert reason == f"{DIFFERS}; v is not a number: x"


def test_a_row_without_a_label_is_rejected(bench: Bench) -> None:
    contract = of("numeric", label={"column": "y", "positive": "yes"})

    reasons = bench.process("v,y\n1,\n1,?\n1,yes\n", contract).reasons

    assert reasons == ["y is missing", "y is missing"]


def test_a_label_that_the_contract_does_not_know_is_rejected(bench: Bench) -> None:
    contract = of("numeric", label={"column": "y", "positive": "yes", "negative": ["no", "nay"]})

    reasons = bench.process("v,y\n1,yes\n1,no\n1,nay\n1,Yes\n", contract).reasons

    assert reasons == ["y is not a label of the contract: Yes"]


def test_without_negative_labels_any_other_is_kept(bench: Bench) -> None:
    contract = of("numeric", label={"column": "y", "positive": "yes"})

    rows = bench.process("v,y\n1,yes\n1,perhaps\n", contract).kept

    assert [row["y"] for row in rows] == ["yes", "perhaps"]


def test_the_row_id_is_the_sha_256_of_the_id_columns(bench: Bench) -> None:
    (row,) = bench.process('v,y,k\n1,yes,"a ""b"" é"\n', of("numeric", id=["y", "k"])).kept

    # by name: k before y
    text = json.dumps(['a "b" é', "yes"], ensure_ascii=False, separators=(",", ":"))
    assert row["row_id"] == hashlib.sha256(text.encode()).hexdigest()


def test_without_id_columns_every_column_of_the_contract_counts(bench: Bench) -> None:
    contract = of("text", label={"column": "y", "positive": "yes"})

    rows = bench.process("v,y,z\na,yes,1\na,yes,2\na,no,1\nb,yes,1\n", contract).kept

    first, same, other_label, other_value = [row["row_id"] for row in rows]
    assert first == same
    assert len({first, other_label, other_value}) == 3


def test_values_do_not_run_into_each_other_in_the_row_id(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": {"a": "text", "b": "text"}})

    rows = bench.process('a,b\nx,yz\nxy,z\nxyz,\n,xyz\n"x"",""yz",\n', contract).kept

    assert len({row["row_id"] for row in rows}) == 5


names = st.sampled_from(["one.csv", "two words.csv", "ç[3].csv"])


@given(st.permutations(["v", "y", "z"]), names)
@settings(max_examples=6, deadline=None)
def test_a_row_keeps_its_id_in_another_column_order_or_file(
    bench: Bench, order: list[str], name: str
) -> None:
    contract = of("numeric", label={"column": "y", "positive": "yes"})
    fields = {"v": "1.50", "y": "yes", "z": "ignored"}
    text = f"{','.join(order)}\n{','.join(fields[column] for column in order)}\n"

    (row,) = bench.process({name: text}, contract).kept

    expected = hashlib.sha256(b'["1.5","yes"]').hexdigest()
    assert row["row_id"] == expected
