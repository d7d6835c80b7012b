"""Reads a contract, and tells each mistake in it with its place."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from emr_ml.contract.dialect import Dialect
from emr_ml.contract.model import Featurizer, ModelParams
from emr_ml.contract.schema import Checks, Column, Contract, Label, Promotion, Split
from emr_ml.errors import UserError
from emr_ml.located_yaml import Places, YamlError, parse
from spark_jobs.runtime.lake import open_lake

PARTS: dict[str, type[BaseModel]] = {
    "": Contract,
    "dialect": Dialect,
    "columns": Column,
    "label": Label,
    "split": Split,
    "checks": Checks,
    "promotion": Promotion,
    "model": ModelParams,
    "featurizers": Featurizer,
}
SHOWN = 60  # characters of a wrong value


class ContractError(UserError):
    """The contract can't be used: the message names file, line and column of each mistake."""


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
    try:
        return parse_contract(stored.body.decode(), address)
    except UnicodeDecodeError as error:
        line = stored.body.count(b"\n", 0, error.start) + 1
        column = error.start - stored.body.rfind(b"\n", 0, error.start)
        raise ContractError(
            f"{address}:{line}:{column}: byte {stored.body[error.start]:#04x} is not UTF-8: "
            "save the contract as UTF-8"
        ) from error


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
        # a value that may be of two types is wrong for each of them
        raise ContractError("\n".join(dict.fromkeys(lines))) from error


def plain(problem: Mapping[str, Any]) -> str:
    """What is wrong, in words; `problem` is one of pydantic's `errors()`."""
    said = str(problem["msg"]).removeprefix("Value error, ")
    match problem["type"]:
        case "extra_forbidden":
            return f"there is no such key{_meant(problem)}"
        case "missing":
            return "is missing"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be keys with values, but is {_shown(problem)}"
        case "list_type" | "tuple_type":
            return f"must be a list, but is {_shown(problem)}"
        case _ if said.startswith("Input should be "):
            wanted = re.sub("valid |, unable to .*", "", said.removeprefix("Input should be "))
            return f"must be {wanted}, but is {_shown(problem)}"
        case _:
            return said


def _located(problem: Mapping[str, Any], places: Places, address: str) -> str:
    path = tuple(str(part) for part in (*problem["loc"], *problem.get("ctx", {}).get("place", ())))
    while path not in places:
        path = path[:-1]
    line, column = places[path]
    name = ".".join(str(part) for part in problem["loc"])
    return f"{address}:{line}:{column}: {name + ': ' if name else ''}{plain(problem)}"


def _shown(problem: Mapping[str, Any]) -> str:
    value = problem["input"]
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _meant(problem: Mapping[str, Any]) -> str:
    """The key that was probably meant."""
    *above, key = (str(part) for part in problem["loc"])
    part = "featurizers" if "featurizers" in above else next(iter(above), "")
    close = difflib.get_close_matches(str(key), PARTS.get(part, Contract).model_fields, n=1)
    return f"; '{close[0]}' was probably meant" if close else ""
