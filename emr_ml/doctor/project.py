"""Checks of the project: its definitions, and the contracts that they name."""

from collections.abc import Mapping
from dataclasses import dataclass

from emr_ml.assets.declared import (
    declared_contracts,
    declared_deployments,
    declared_jobs,
    declared_pipelines,
)
from emr_ml.aws.client import CALL_ERRORS
from emr_ml.contract import ContractError, load_contract
from emr_ml.doctor.aws import unreachable
from emr_ml.doctor.finding import Finding, bad, good
from emr_ml.errors import UserError
from emr_ml.project import find_project, load_project_definitions
from emr_ml.settings import Deployment, Settings


@dataclass(frozen=True)
class Declared:
    """What the definitions declare: addresses of contracts, and jobs by where they run.

    `jobs` has the module of each job by the path of its asset.
    """

    contracts: list[str]
    jobs: Mapping[Deployment, Mapping[str, str]]


def check_definitions(settings: Settings) -> tuple[Declared, Finding]:
    """Load the definitions, and return what they declare: nothing if they can't be loaded."""
    nothing = Declared([], {settings.deployment: {}})
    name, folder = "definitions", find_project()
    try:
        definitions = load_project_definitions()
    except UserError as error:
        return nothing, bad(name, error.problem, error.fix or "`dg check defs` shows more")
    except ImportError as error:
        return nothing, bad(
            name, f"{folder}: {error}", "install the project, or correct the import"
        )
    pipelines = len(declared_pipelines(definitions, settings))
    jobs = {
        each: declared_jobs(definitions, settings, each)
        for each in declared_deployments(definitions, settings)
    }
    declared = Declared(declared_contracts(definitions), jobs)
    count = sum(map(len, jobs.values()))
    text = f"{folder}: training pipelines: {pipelines}, Spark jobs: {count}"
    return declared, good(name, text)


def check_contract(address: str) -> Finding:
    """Check that the contract can be read, and has no mistakes."""
    try:
        contract = load_contract(address)
    except ContractError as error:
        return bad("contract", str(error), "correct it; docs/contract.md explains every key")
    except CALL_ERRORS as error:
        return unreachable("contract", address, error)
    return good("contract", f"{address}: {len(contract.columns)} columns")
