"""The names in the header of CSV files."""

from emr_ml.contract import Contract, Dialect
from emr_ml.sources.header import read_head


def header_of(body: bytes, dialect: Dialect) -> tuple[str, ...]:
    """Return the columns of a CSV file with that content."""
    contract = Contract(columns={"a": {"kind": "numeric"}}, dialect=dialect)  # pyright: ignore[reportArgumentType, reportCallIssue] - as users write it
    return read_head(
        lambda start, length: body[start : start + length], len(body), "data.csv", contract
    ).columns
