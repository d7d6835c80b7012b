"""The contract: the one YAML file that a user edits to describe a data set."""

from emr_ml.contract.dialect import Dialect
from emr_ml.contract.loading import ContractError, load_contract, parse_contract
from emr_ml.contract.schema import NO_CONTRACT, Contract

__all__ = ["NO_CONTRACT", "Contract", "ContractError", "Dialect", "load_contract", "parse_contract"]
