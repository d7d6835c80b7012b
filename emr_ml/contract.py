"""The contract: the one YAML file that a user edits to describe a data set."""

import codecs
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from emr_ml.located_yaml import Places, WrittenFloat, WrittenInteger, YamlError, parse
from emr_ml.model_params import ModelParams
from spark_jobs.names import RESERVED
from spark_jobs.runtime.lake import open_lake


def _as_written(value: Any) -> Any:
    """YAML reads `1` and `yes` as number and truth; in a file they are text."""
    match value:
        case bool():
            raise ValueError(
                "put it in quotes: YAML takes yes, no, true and false for truth values"
            )
        case WrittenInteger() | WrittenFloat():
            return value.text
        case _:
            return value


Value = Annotated[str, BeforeValidator(_as_written)]


class ContractError(Exception):
    """The contract can't be used: the message names file, line and column of each mistake."""


# Python's name of an encoding, and Spark's
ENCODINGS = {
    "ascii": "us-ascii",
    "iso8859-1": "iso-8859-1",
    **{name: name for name in ("utf-8", "utf-16", "utf-32")},
    "utf-8-sig": "utf-8",
    "utf-16-be": "utf-16be",
    "utf-16-le": "utf-16le",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dialect(_Part):
    """How the CSV files are written."""

    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    escape: str = Field('"', min_length=1, max_length=1)
    encoding: str = "utf-8"
    multiline: bool = True
    trim: bool = True

    @field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return ENCODINGS[codecs.lookup(value).name]
        except LookupError:
            names = ", ".join(sorted(set(ENCODINGS.values())))
            raise ValueError(f"'{value}' is no encoding that Spark reads: {names}") from None

    @model_validator(mode="after")
    def _whole_lines(self) -> Self:
        if self.encoding.startswith(("utf-16", "utf-32")) and not self.multiline:
            raise ValueError(f"{self.encoding} can't be split into lines: set `multiline: true`")
        if self.delimiter in (self.quote, "\\", "\n", "\r", "\0"):
            raise ValueError(f"{self.delimiter!r} can't be the delimiter")
        return self


class Column(_Part):
    """One feature column: `numeric`, `categorical` or `text`."""

    kind: Literal["numeric", "categorical", "text"]
    required: bool = False


class Label(_Part):
    """The column to predict. With `negative` given, any other value is an error in the row."""

    column: str
    positive: Value
    negative: tuple[Value, ...] | None = None


class Split(_Part):
    """Percent of the rows; the rest is the test side."""

    train: int = Field(64, ge=1, le=98)
    validation: int = Field(16, ge=1, le=98)

    @model_validator(mode="after")
    def _leaves_a_test_side(self) -> Self:
        if self.train + self.validation > 99:
            raise ValueError("train and validation must leave at least 1 percent to test")
        return self


class Checks(_Part):
    """Thresholds. Changing one judges anew and recomputes nothing."""

    max_rejected_share: float = Field(0.05, ge=0, le=1)


class Contract(_Part):
    """A data set: its files, columns, label, split, checks, and the model's parameters."""

    format: Literal["csv"] = "csv"
    dialect: Dialect = Dialect()  # pyright: ignore[reportCallIssue] - all fields have defaults
    missing: tuple[Value, ...] = ("", "?", "NA")
    columns: dict[str, Column] = Field(min_length=1)
    label: Label | None = None
    id: tuple[str, ...] = ()
    split: Split = Split()  # pyright: ignore[reportCallIssue] - all fields have defaults
    checks: Checks = Checks()  # pyright: ignore[reportCallIssue] - all fields have defaults
    model: ModelParams = ModelParams()  # pyright: ignore[reportCallIssue] - all have defaults

    @model_validator(mode="before")
    @classmethod
    def _short_columns(cls, value: Any) -> Any:
        """`age: numeric` is short for `age: {kind: numeric}`."""
        if isinstance(value, dict) and isinstance(value.get("columns"), dict):
            columns = {
                name: {"kind": column} if isinstance(column, str) else column
                for name, column in value["columns"].items()
            }
            return {**value, "columns": columns}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.label and self.label.column in self.columns:
            raise _mistake(
                f"the label '{self.label.column}' is among the columns to learn from: "
                "remove it there",
                "columns",
                self.label.column,
            )
        if self.label and self.label.positive in (*self.missing, *(self.label.negative or ())):
            raise _mistake(
                f"'{self.label.positive}' is the positive label, so it can be neither among "
                "`missing` nor among `negative`",
                "label",
                "positive",
            )
        named = [(name, ("columns", name)) for name in self.columns]
        named += [(name, ("id", str(index))) for index, name in enumerate(self.id)]
        named += [(self.label.column, ("label", "column"))] if self.label else []
        for name, place in named:
            if name in RESERVED or name.startswith("__"):
                raise _mistake(f"'{name}' is a name that the jobs use: rename the column", *place)
        return self

    def pick(self, *fields: str) -> dict[str, Any]:
        """Those fields as JSON values: what a job sees of the contract, and what versions it."""
        return {name: self.model_dump(mode="json")[name] for name in fields}

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that a file must have."""
        label = (self.label.column,) if self.label else ()
        return tuple(dict.fromkeys((*self.columns, *label, *self.id)))


def load_contract(address: str) -> Contract:
    """Read the contract at a path or an `s3://` address.

    Raises:
        ContractError: the file is not there, is not YAML, or breaks the schema.
    """
    folder, slash, name = address.rpartition("/")
    try:
        stored = open_lake(folder or slash or ".").read(name) if name else None
    except PermissionError as error:
        raise ContractError(f"{address} can't be read: {error.strerror}") from error
    if stored is None:
        raise ContractError(f"there is no contract at {address}: check EMR_ML_DATASET")
    return parse_contract(stored.body.decode("utf-8", errors="replace"), address)


def parse_contract(text: str, address: str) -> Contract:
    """The contract in a YAML text; `address` is for the errors.

    Raises:
        ContractError: with `address:line:column` of every mistake.
    """
    try:
        value, places = parse(text)
    except YamlError as error:
        raise ContractError(f"{address}:{error}") from error
    if not isinstance(value, dict):
        raise ContractError(f"{address}:1:1: a contract has keys such as `columns` and `label`")
    try:
        return Contract.model_validate(value)
    except ValidationError as error:
        lines = [_located(dict(problem), places, address) for problem in error.errors()]
        raise ContractError("\n".join(lines)) from error


def _located(problem: Mapping[str, Any], places: Places, address: str) -> str:
    path = tuple(str(part) for part in (*problem["loc"], *problem.get("ctx", {}).get("place", ())))
    while path not in places:
        path = path[:-1]
    line, column = places[path]
    name = ".".join(str(part) for part in problem["loc"])
    return f"{address}:{line}:{column}: {name + ': ' if name else ''}{_plain(problem)}"


def _plain(problem: Mapping[str, Any]) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return "there is no such key"
        case "missing":
            return "is missing"
        case _:
            return str(problem["msg"]).removeprefix("Value error, ")


def _mistake(message: str, *place: str) -> PydanticCustomError:
    """An error of the whole contract that shows in one place of it."""
    return PydanticCustomError("contract", "{message}", {"message": message, "place": place})
