"""The same rows as several programs export them."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backports import zstd

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


EXPORTS: dict[str, Callable[[], str | bytes]] = {
    "mysql.csv": mysql,
    "postgres.csv": postgres,
    "excel.csv": excel,
    "spreadsheet.csv": spreadsheet,
    "sql.txt": sql_client,
    "list.json.zst": list_of_objects,
}


def export(name: str) -> bytes:
    """Return the content of the export of that name."""
    content = EXPORTS[name]()
    return content.encode() if isinstance(content, str) else content
