"""Load a contract, and report each mistake in it with its position."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from emr_ml.contract.columns import Column, NumberFormat
from emr_ml.contract.dialect import Dialect
from emr_ml.contract.model import Featurizer, ModelParams
from emr_ml.contract.schema import Checks, Contract, Label, Promotion, Split
from emr_ml.errors import UserError
from emr_ml.located_yaml import Positions, YamlError, parse
from emr_ml.wording import shorten, unknown_key
from spark_jobs.runtime.lake import open_lake

SECTIONS: dict[str, type[BaseModel]] = {
    "": Contract,
    "dialect": Dialect,
    "columns": Column,
    "label": Label,
    "split": Split,
    "checks": Checks,
    "promotion": Promotion,
    "model": ModelParams,
    "featurizers": Featurizer,
    "format": NumberFormat,
}


class ContractError(UserError):
    """The contract can't be used: the message gives file, line and column of each mistake."""


def load_contract(address: str) -> Contract:
    """Load the contract at a path or an `s3://` address.

    Raises:
        ContractError: the file does not exist, is not YAML, or breaks the schema.
    """
    folder, slash, name = address.rpartition("/")
    try:
        stored = open_lake(folder or slash or ".").read(name) if name else None
    except PermissionError as error:
        raise ContractError(
            f"{address} can't be read: {error.strerror}. Give this user permission to read it"
        ) from error
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


@lru_cache(maxsize=64)  # each asset of a run reads the same file again
def parse_contract(text: str, address: str) -> Contract:
    """Parse a contract in YAML; `address` is for the errors.

    Raises:
        ContractError: with `address:line:column` of every mistake.
    """
    try:
        value, positions = parse(text)
    except YamlError as error:
        raise ContractError(f"{address}:{error}") from error
    if not isinstance(value, dict):
        raise ContractError(f"{address}:1:1: a contract has keys such as `columns` and `label`")
    try:
        return Contract.model_validate(value)
    except ValidationError as error:
        lines = [_located_message(dict(each), positions, address) for each in error.errors()]
        # a union reports the same mistake for each of its types
        raise ContractError("\n".join(dict.fromkeys(lines))) from error


def override(contract: Contract, sections: Mapping[str, Mapping[str, Any]], name: str) -> Contract:
    """Return the contract with other values in some of its sections; `name` is for the errors.

    Raises:
        ContractError: names each value that can't be used.
    """
    if not any(sections.values()):
        return contract
    value = contract.model_dump(exclude_unset=True)
    for section, fields in sections.items():
        value[section] = {**value.get(section, {}), **fields}
    try:
        return Contract.model_validate(value)
    except ValidationError as error:
        lines = [
            f"{name}, with the pipeline's values: {_name(dict(each))}: {plain_message(dict(each))}"
            for each in error.errors()
        ]
        raise ContractError("\n".join(dict.fromkeys(lines))) from error


def _located_message(problem: Mapping[str, Any], positions: Positions, address: str) -> str:
    name = _name(problem)
    path: tuple[str, ...] = ()
    for key in map(str, (*problem["loc"], *problem.get("ctx", {}).get("path", ()))):
        if (*path, key) in positions:  # else it is missing, or the name of one type of a union
            path = (*path, key)
    line, column = positions[path]
    return f"{address}:{line}:{column}: {name + ': ' if name else ''}{plain_message(problem)}"


def _name(problem: Mapping[str, Any]) -> str:
    # pydantic names the tag or the validator of a union's member among the keys
    return ".".join(str(part) for part in problem["loc"] if "[" not in str(part))


def plain_message(problem: Mapping[str, Any]) -> str:
    """Return what is wrong in plain words; `problem` is one of pydantic's `errors()`."""
    message = str(problem["msg"]).removeprefix("Value error, ")
    match problem["type"]:
        case "extra_forbidden":
            *path, key = map(str, problem["loc"])
            return unknown_key(key, _known_keys(path))
        case "missing":
            return "is missing"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"must be keys with values, but is {_input(problem)}"
        case "list_type" | "tuple_type":
            return f"must be a list, but is {_input(problem)}"
        case _ if message.startswith("Input should be "):
            expected = re.sub("valid |, unable to .*", "", message.removeprefix("Input should be "))
            expected = expected.replace("a integer", "an integer")
            return f"must be {expected}, but is {_input(problem)}"
        case _:
            return message


def _known_keys(path: Sequence[str]) -> list[str]:
    inner = next((key for key in ("featurizers", "format") if key in path[1:]), None)
    section = inner or next(iter(path), "")
    return list(SECTIONS.get(section, Contract).model_fields)


def _input(problem: Mapping[str, Any]) -> str:
    value = problem["input"]
    return "empty" if value is None else shorten(repr(value))
