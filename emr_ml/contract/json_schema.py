"""The JSON Schema of the contract, which editors complete and check contracts by."""

import json
from pathlib import Path
from typing import Any

from emr_ml.contract.schema import Contract

SCHEMA_FILE = Path(__file__).with_name("contract.schema.json")


def contract_schema() -> dict[str, Any]:
    """Return the schema of a contract as users write it, of JSON Schema 2020-12."""
    schema = Contract.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema_text() -> str:
    """Return the content of `SCHEMA_FILE`."""
    return json.dumps(contract_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
