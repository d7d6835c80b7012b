"""The champion, if there is one that can be put to rows of the contract."""

from emr_ml.champions.record import MODEL, NO_CHAMPION, read_champion
from emr_ml.champions.terms import Terms, terms_of
from emr_ml.contract import Contract
from emr_ml.inputs import committed_report
from spark_jobs.runtime.lake import Lake
from spark_jobs.runtime.report import Report


class NotUsableError(Exception):
    """Why there is nobody to score or to be measured, and what to do."""


def usable_champion(lake: Lake, contract: Contract, *, to_measure: bool) -> tuple[Report, Terms]:
    """The champion's report, and what it was trained on.

    Args:
        lake: where it is.
        contract: of the rows that it is put to.
        to_measure: whether these have a label, and shall be rows that it has never seen.

    Raises:
        NotUsableError: there is none, or it can't be put to these rows.
        JobError: it is gone from the lake.
    """
    champion = read_champion(lake)
    if champion is None:
        raise NotUsableError(NO_CHAMPION)
    report = committed_report(lake, MODEL, champion.version)
    terms, now = terms_of(lake, report), Terms.in_contract(contract)
    if terms is None:
        problem = "the lake does not tell any more what it was trained on"
    else:
        problem = terms.why_not(now) if to_measure else terms.lacking(now)
    if terms is None or problem:
        raise NotUsableError(
            f"the champion {champion.version} can't be put to rows of this contract: {problem}. "
            "Materialize champion_model, or name another with `emr-ml promote VERSION`"
        )
    return report, terms
