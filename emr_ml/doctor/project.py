"""Checks of the project: its definitions, and the contracts that they name."""

from emr_ml.assets.declared import declared_contracts, declared_jobs, declared_pipelines
from emr_ml.aws.client import CALL_ERRORS
from emr_ml.contract import ContractError, load_contract
from emr_ml.doctor.aws import unreachable
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.errors import UserError
from emr_ml.project import find_project, load_project_definitions
from emr_ml.settings import Settings


def check_definitions(settings: Settings) -> tuple[list[str], Finding]:
    """Load the definitions, and return the addresses of their contracts."""
    name, folder = "definitions", find_project()
    try:
        definitions = load_project_definitions()
    except UserError as error:
        return [], bad(name, error.problem, error.fix or "`dg check defs` shows more")
    except ImportError as error:
        return [], bad(name, f"{folder}: {error}", "install the project, or correct the import")
    pipelines = len(declared_pipelines(definitions, settings))
    jobs = len(declared_jobs(definitions))
    text = f"{folder}: training pipelines: {pipelines}, Spark jobs: {jobs}"
    return declared_contracts(definitions), good(name, text)


def check_contract(address: str) -> Finding:
    """Check that the contract can be read, and has no mistakes."""
    try:
        contract = load_contract(address)
    except ContractError as error:
        return bad("contract", str(error), "correct it; docs/contract.md explains every key")
    except CALL_ERRORS as error:
        return unreachable("contract", address, error)
    return good("contract", f"{address}: {len(contract.columns)} columns")
