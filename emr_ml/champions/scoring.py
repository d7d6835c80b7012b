"""How rows without a label are scored by the champion."""

from emr_ml.champions.compatibility import usable_champion
from emr_ml.checks.rows import judge_rows
from emr_ml.contract import Contract, load_contract
from emr_ml.lake.champion import MODEL
from emr_ml.lake.inputs import committed_input
from emr_ml.materialization import Recipe
from spark_jobs.runtime.lake import Lake


def unlabelled(contract: Contract) -> Contract:
    """The contract of rows to score: they need no label, and one that is there does not count."""
    return contract.model_copy(update={"label": None})


def scoring_recipe(lake: Lake, dataset: str, *, force: bool) -> Recipe:
    """The recipe of `predictions`.

    Raises:
        NotUsableError: there is no champion, or it can't be put to rows of this contract.
        ContractError: the contract can't be used.
    """
    champion, terms = usable_champion(lake, load_contract(dataset), to_measure=False)
    return Recipe(
        contract=dataset,
        fields=("format", "dialect", "missing", "columns", "label", "id"),
        inputs=("raw_scoring_csv_s3",),
        fixed={MODEL: committed_input(lake, MODEL, champion.version)},
        params=lambda _: {"label": terms.label},
        judge=judge_rows,
        force=force,
        batches="raw_scoring_csv_s3",
        read_as=unlabelled,
    )
