"""Values of one row: what becomes null, what is rejected and why, and what identifies the row."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from emr_ml.contract import Contract
from emr_ml_tests.infer.samples import infer_content
from emr_ml_tests.spark_jobs.bench import Bench

WRONG_FIELD_COUNT = "the number of fields differs from the header's"
MISSING_HINT = "If it means no value, add it to `missing`"
COMMAS_HINT = "Does ',' separate thousands? Set `thousands` in the column's `format`"
COMMA_HINT = "Is its decimal mark a comma? Set `decimal` under `dialect`"
LABEL = {"column": "y", "positive": "yes"}


def of_kind(kind: str, **fields: Any) -> Contract:
    """A contract for files with the columns `v`, of that kind, and `y`."""
    column = {"kind": kind, "required": fields.pop("required", False)}
    return Contract.model_validate({"columns": {"v": column}, **fields})


def rows_with(*fields: str) -> str:
    """A CSV file with a row for each value of `v`."""
    return "v,y\n" + "".join(f"{field},yes\n" for field in fields)


@pytest.mark.parametrize(
    ("kind", "more", "values"),
    [
        (
            "numeric",
            {},
            {
                **dict.fromkeys(["?", "NA", "", '""', '" ? "'], None),
                "1": 1.0,
                "-2.5": -2.5,
                "+3": 3.0,
                ".5": 0.5,
                "1e3": 1000.0,
                '" 7 "': 7.0,
            },
        ),
        (
            "categorical",
            {},
            {
                **dict.fromkeys(["?", "NA", "", '""', '" ? "'], None),
                '"  two  words "': "two  words",
            },
        ),
        ("categorical", {"missing": ["none"]}, {"none": None, "?": "?", "NA": "NA"}),
        ("categorical", {"missing": []}, {"none": "none", "?": "?", '""': None}),
        (
            "text",
            {},
            {
                **dict.fromkeys(["", '""', '"  "'], None),
                "?": "?",
                "NA": "NA",
                '"  two  words "': "  two  words ",
            },
        ),
    ],
    ids=["numeric", "categorical", "other words for missing", "no words for it", "text"],
)
def test_a_field_has_its_value_by_the_kind_of_its_column(
    bench: Bench, kind: str, more: dict[str, Any], values: dict[str, Any]
) -> None:
    kept = bench.process(rows_with(*values), of_kind(kind, **more)).kept

    assert [row["v"] for row in kept] == list(values.values())


def test_a_field_that_is_not_a_finite_decimal_number_is_rejected_with_a_reason(
    bench: Bench,
) -> None:
    only_in_java = ["1d", "2D", "1f", "1F", "0x1p3", "0X1p3", "1d\t", "-Infinity"]
    without_hint = [*only_in_java, "1e999", "1_000", "one", "1 2", "٣", "+"]
    hints = {
        **dict.fromkeys([*without_hint, "--1"], ""),
        **dict.fromkeys(["NaN", "inf", "None"], f". {MISSING_HINT}"),
        "3,5": f". {COMMA_HINT}",
        "1,561": f". {COMMA_HINT}",
        "$1,561.27": f". {COMMAS_HINT}",
        "1,234,567": f". {COMMAS_HINT}",
        "0,234,567": "",
    }

    reasons = bench.process(
        rows_with(*(f'"{field}"' for field in hints), "x" * 500), of_kind("numeric")
    ).reasons

    assert reasons == [
        *(f"v is not a number: {field}{hint}" for field, hint in hints.items()),
        f"v is not a number: {'x' * 100}",
    ]


def test_a_number_with_a_nul_byte_is_rejected(bench: Bench) -> None:
    reasons = bench.process(rows_with("1\0"), of_kind("numeric")).reasons

    assert reasons == ["v contains a NUL byte: 1\\0; v is not a number: 1\\0"]


@pytest.mark.parametrize("kind", ["numeric", "categorical", "text"])
def test_a_row_without_a_required_value_is_rejected(bench: Bench, kind: str) -> None:
    done = bench.process(rows_with("1", '""'), of_kind(kind, required=True))

    assert (len(done.kept), done.reasons) == (1, ["v is missing"])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x,,1", "a is not a number: x; b is missing"),
        ("x,b", f"{WRONG_FIELD_COUNT}; a is not a number: x"),
    ],
)
def test_a_reason_names_everything_that_is_wrong_with_a_row(
    bench: Bench, row: str, reason: str
) -> None:
    contract = Contract.model_validate(
        {"columns": {"a": "numeric", "b": {"kind": "text", "required": True}}}
    )

    assert bench.process(f"a,b,c\n{row}\n", contract).reasons == [reason]


@pytest.mark.parametrize(
    ("negative", "kept", "reasons"),
    [
        (
            ["no", "nay"],
            ["yes", "no", "nay"],
            ["y is missing"] * 2
            + [
                "y is not a label of the contract: Yes",
                "y is not a label of the contract: perhaps",
            ],
        ),
        (None, ["yes", "no", "nay", "Yes", "perhaps"], ["y is missing"] * 2),
    ],
    ids=["negative labels", "any other label"],
)
def test_a_row_without_a_label_of_the_contract_is_rejected(
    bench: Bench, negative: list[str] | None, kept: list[str], reasons: list[str]
) -> None:
    contract = of_kind("numeric", label={**LABEL, "negative": negative})
    labels = ["", "?", "yes", "no", "nay", "Yes", "perhaps"]

    done = bench.process("v,y\n" + "".join(f"1,{label}\n" for label in labels), contract)

    assert [row["y"] for row in done.kept] == kept
    assert done.reasons == reasons


def test_a_row_of_the_names_of_its_columns_is_the_header_again(bench: Bench) -> None:
    processed = bench.process("v,y\na,yes\nv,yes\nv,y\nb,no\n", of_kind("categorical", label=LABEL))

    assert [row["v"] for row in processed.kept] == ["a", "v", "b"]
    assert [row["reason"] for row in processed.rejected] == ["it is the header again"]


def test_the_row_id_is_the_sha_256_of_the_id_columns(bench: Bench) -> None:
    (row,) = bench.process('v,y,k\n1,yes,"a ""b"" é"\n', of_kind("numeric", id=["y", "k"])).kept

    # in the order of names: k before y
    text = json.dumps(['a "b" é', "yes"], ensure_ascii=False, separators=(",", ":"))
    assert row["__row_id"] == hashlib.sha256(text.encode()).hexdigest()


def test_without_id_columns_the_row_id_depends_on_all_columns_of_the_contract(
    bench: Bench,
) -> None:
    contract = of_kind("text", label=LABEL)

    rows = bench.process("v,y,z\na,yes,1\na,yes,2\na,no,1\nb,yes,1\n", contract).kept

    first, same, other_label, other_value = [row["__row_id"] for row in rows]
    assert first == same
    assert len({first, other_label, other_value}) == 3


def test_a_weight_is_a_number_above_0_and_says_nothing_of_which_row_it_is(bench: Bench) -> None:
    contract = of_kind("categorical", label=LABEL, weight="w")

    done = bench.process("v,y,w\na,yes,2\na,yes,0.5\nb,no,0\nb,no,\nb,no,x\n", contract)

    assert [row["w"] for row in done.kept] == [2.0, 0.5]
    assert len({row["__row_id"] for row in done.kept}) == 1
    assert done.reasons == [
        "w is the row's weight, but not above 0: 0",
        "w is missing, and it is the row's weight",
        "w is not a number: x",
    ]


def test_values_that_join_to_the_same_text_have_different_row_ids(bench: Bench) -> None:
    contract = Contract.model_validate({"columns": {"a": "text", "b": "text"}})

    rows = bench.process('a,b\nx,yz\nxy,z\nxyz,\n,xyz\n"x"",""yz",\n', contract).kept

    assert len({row["__row_id"] for row in rows}) == 5


def test_a_row_has_the_same_id_whatever_its_file_and_the_order_of_columns(bench: Bench) -> None:
    files = {
        "one.csv": "v,y,z\n1.50,yes,ignored\n",
        "two words.csv": "z,y,v\nignored,yes,1.50\n",
        "ç[3].csv": "y,z,v\nyes,ignored,1.50\n",
    }

    rows = bench.process(files, of_kind("numeric", label=LABEL)).kept

    assert [row["__row_id"] for row in rows] == [hashlib.sha256(b'["1.5","yes"]').hexdigest()] * 3


def test_a_blank_label_is_the_class_that_the_contract_names(bench: Bench) -> None:
    label = {"column": "y", "positive": "x", "negative": ["no"], "blank": "no", "fold_case": True}
    contract = of_kind("numeric", label=label)

    done = bench.process('v,y\n1,X\n2,\n3,"  "\n4,NA\n5,no\n6\n7,z\n', contract)

    assert [(row["v"], row["y"]) for row in done.kept] == [
        (1.0, "x"),
        (2.0, "no"),
        (3.0, "no"),
        (5.0, "no"),
    ]
    assert done.reasons == [
        "y is missing",
        WRONG_FIELD_COUNT,
        "y is not a label of the contract: z",
    ]


def test_every_row_fits_the_contract_that_is_inferred_from_it(bench: Bench, tmp_path: Path) -> None:
    rows = [
        f"{n}:{n % 60:02}:07,{n}h {n % 60}m,{'X' if n % 3 else ''},{n % 4}0-{n % 4}9"
        for n in range(60)
    ]
    content = "\n".join(["ran,rested,churned,age", *rows, ""])
    inferred = infer_content(tmp_path, content)

    done = bench.process(content, inferred.contract)

    assert inferred.kinds == {"ran": "numeric", "rested": "numeric", "age": "categorical"}
    assert (len(done.kept), done.rejected) == (60, [])
    assert (done.kept[21]["ran"], done.kept[21]["rested"]) == (76_867.0, 76_860.0)
    assert [row["churned"] for row in done.kept[:3]] == ["no", "X", "X"]
