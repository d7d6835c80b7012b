"""How rows without a label are scored by the champion."""

from emr_ml.champions.record import MODEL, read_champion
from emr_ml.champions.terms import Terms, terms_of
from emr_ml.checks.rows import judge_rows
from emr_ml.contract import Contract, load_contract
from emr_ml.inputs import committed_input, committed_report
from emr_ml.materialization import Recipe
from spark_jobs.runtime.job import JobError
from spark_jobs.runtime.lake import Lake


def unlabelled(contract: Contract) -> Contract:
    """The contract of rows to score: they need no label, and one that is there does not count."""
    return contract.model_copy(update={"label": None})


def scoring_recipe(lake: Lake, dataset: str, *, force: bool) -> Recipe | None:
    """The recipe of `predictions`; None if there is no champion.

    Raises:
        JobError: the champion can't be put to rows of this contract.
        ContractError: the contract can't be used.
    """
    champion = read_champion(lake)
    if champion is None:
        return None
    terms = terms_of(lake, committed_report(lake, MODEL, champion.version))
    contract = load_contract(dataset)
    problem = "the lake does not tell what it was trained on"
    if terms is None or (problem := terms.lacking(Terms.in_contract(contract))):
        raise JobError(
            f"the champion {champion.version} can't score rows of this contract: {problem}. Name "
            "another champion with `emr-ml promote VERSION`, or take its contract"
        )
    label = terms.label
    return Recipe(
        contract=dataset,
        fields=("format", "dialect", "missing", "columns", "label", "id"),
        inputs=("raw_scoring_csv_s3",),
        fixed={MODEL: committed_input(lake, MODEL, champion.version)},
        params=lambda _: {"label": label},
        judge=judge_rows,
        force=force,
        batches="raw_scoring_csv_s3",
        read_as=unlabelled,
    )
