"""What other programs write, by the contract that is inferred: the values it was written from."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from emr_ml.contract import parse_contract
from emr_ml.infer import infer_contract
from emr_ml_tests.spark_jobs.bench import Bench

MONTHS = ["Jan", "Feb", "Mär", "Apr", "Mai", "Juni", "Juli", "Aug", "Sep", "Okt", "Nov", "Dez"]


@dataclass(frozen=True)
class Row:
    """A row before it is written; `amount` is null in some."""

    moment: datetime
    amount: float | None
    city: str
    label: str


def made_up(count: int = 40) -> list[Row]:
    rng = random.Random(2)
    return [
        Row(
            moment=datetime(1940, 1, 1, tzinfo=UTC) + timedelta(minutes=rng.randrange(40_000_000)),
            amount=None if number % 7 == 3 else rng.randrange(-99_999, 999_999) / 4,
            city=rng.choice(["Porto", "Oslo", "Rome"]),
            label=rng.choice(["N", "Y"]),
        )
        for number in range(count)
    ]


ROWS = made_up()


def table(header: str, write: Callable[[Row], tuple[str, ...]], delimiter: str = ",") -> str:
    return "".join([header, *(f"{delimiter.join(write(row))}\n" for row in ROWS)])


def mysql() -> str:
    """A backslash before quotes, NULL as `\\N`; a city ends in a quote."""
    return table(
        '"moment","amount","city","label"\n',
        lambda row: (
            f'"{row.moment:%Y-%m-%d %H:%M:%S}"',
            "\\N" if row.amount is None else f'"{row.amount}"',
            f'"{row.city}\\""',
            f'"{row.label}"',
        ),
    )


def postgres() -> str:
    return table(
        "moment,amount,city,label\n",
        lambda row: (
            f"{row.moment:%Y-%m-%d %H:%M:%S}+00",
            "" if row.amount is None else str(row.amount),
            f'"{row.city}"""',
            row.label,
        ),
    )


def excel() -> str:
    """German: a record of units, months by name, years of two digits, thousands of euros."""

    def write(row: Row) -> tuple[str, ...]:
        day = f"{row.moment.day}. {MONTHS[row.moment.month - 1]}. {row.moment:%y}"
        amount = "" if row.amount is None else f"{row.amount / 1000} Tsd. €".replace(".", ",", 1)
        return day, amount, f'"{row.city}"""', row.label

    return table("sep=;\nmoment;amount;city;label\n[Tag];[€];;\n", write, ";")


def spreadsheet() -> str:
    """American: halves of the day, accounting, words for no value, a title."""

    def write(row: Row) -> tuple[str, ...]:
        half = "a.m." if row.moment.hour < 12 else "p.m."
        amount = "N/A" if row.amount is None else f'"{abs(row.amount):,.2f}"'
        amount = f'"({amount[1:-1]})"' if (row.amount or 0) < 0 else amount
        return f"{row.moment:%m/%d/%Y %I:%M:%S} {half}", amount, f'"{row.city}"""', row.label

    return table("Customers,,,\n\nmoment,amount,city,label\n", write)


def sql_client() -> str:
    return table(
        "moment|amount|city|label\n------|------|------|-----\n",
        lambda row: (
            f"{row.moment:%d%b%Y:%H:%M:%S}".upper(),
            "." if row.amount is None else str(row.amount),
            f'"{row.city}"""',
            row.label,
        ),
        "|",
    )


def list_of_objects() -> bytes:
    objects = [
        {
            "moment": f"{row.moment:%Y-%m-%dT%H:%M:%S}Z",
            "amount": row.amount,
            "city": f'{row.city}"',
            "label": row.label,
        }
        for row in ROWS
    ]
    return zstd.compress(json.dumps(objects, indent=1).encode())


@pytest.mark.parametrize(
    ("name", "write", "precision"),
    [
        ("mysql.csv", mysql, "seconds"),
        ("postgres.csv", postgres, "seconds"),
        ("excel.csv", excel, "days"),
        ("spreadsheet.csv", spreadsheet, "seconds"),
        ("sql.txt", sql_client, "seconds"),
        ("list.json.zst", list_of_objects, "seconds"),
    ],
)
def test_an_export_has_the_values_that_it_was_written_from(
    bench: Bench, tmp_path: Path, name: str, write: Callable[[], str | bytes], precision: str
) -> None:
    content = write()
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    text, _ = infer_contract(str(tmp_path / name), "label")

    done = bench.process({name: content}, parse_contract(text, "inferred.yaml"))

    assert done.result.rows == {"in": len(ROWS), "kept": len(ROWS), "rejected": 0}
    found = sorted(map(values, done.kept), key=str)
    assert found == sorted((expected(row, precision) for row in ROWS), key=str)


def values(row: dict[str, Any]) -> tuple[Any, ...]:
    amount = row["amount"]
    moment = row["moment"].replace(tzinfo=None)
    return moment, None if amount is None else round(amount, 2), row["city"], row["label"]


def expected(row: Row, precision: str) -> tuple[Any, ...]:
    moment = row.moment.replace(tzinfo=None)
    moment = moment.replace(hour=0, minute=0) if precision == "days" else moment
    amount = None if row.amount is None else round(row.amount, 2)
    return moment, amount, f'{row.city}"', row.label
