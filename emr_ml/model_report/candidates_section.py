"""The table of the candidates, and how they were compared."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from emr_ml.model_report.facts import USUAL_THRESHOLD, ModelFacts
from emr_ml.model_report.wording import VALIDATION_FIGURES, as_text, number

# figures of a candidate in the order in which they are shown
CANDIDATE_FIGURES = (
    *("featurizer", "estimator", "regularization", "elastic_net", "max_depth"),
    *("iterations", "converged", "stopped_early", "sampled", *VALIDATION_FIGURES),
)


@dataclass(frozen=True)
class CandidateRow:
    """A candidate, and whether it became the model."""

    cells: Sequence[str]
    chosen: bool


@dataclass(frozen=True)
class Candidates:
    """The table of the candidates."""

    titles: Sequence[str]
    rows: Sequence[CandidateRow]


def candidates(facts: ModelFacts) -> Candidates:
    """Return the candidates; the columns are those in which any has a value."""
    figures = facts.model_figures
    if figures is None or not figures.get("candidates"):
        return Candidates((), ())
    found = [dict[str, Any](each) for each in figures["candidates"]]
    given = {key for each in found for key in each if each[key] is not None}
    if len({each.get("featurizer") for each in found}) == 1:
        given.discard("featurizer")
    keys = [key for key in CANDIDATE_FIGURES if key in given]
    # its scores may have changed since: by calibration, or by another threshold
    chosen = {
        key: figures.get(key) for key in keys if key not in ("featurizer", *VALIDATION_FIGURES)
    }
    index = (figures.get("featurizer") or {}).get("index", 0)
    names = _featurizer_names(facts, {each.get("featurizer", index) for each in found})
    rows = [
        CandidateRow(
            [names[each[key]] if key == "featurizer" else _cell(each.get(key)) for key in keys],
            each.get("featurizer", index) == index
            and all(each.get(key) == chosen[key] for key in chosen),
        )
        for each in found
    ]
    return Candidates([key.replace("_", " ") for key in keys], rows)


def _featurizer_names(facts: ModelFacts, indices: Collection[int]) -> dict[int, str]:
    """Return by index in what a featurizer differs from the others that were tried."""
    given = facts.model.params.get("featurizers", []) if facts.model else []
    settings = {index: given[index] for index in indices if index < len(given)}
    keys = dict.fromkeys(key for each in settings.values() for key in each)
    differing = [
        key for key in keys if len({as_text(each.get(key)) for each in settings.values()}) > 1
    ]

    def name(index: int) -> str:
        values = {key: settings[index].get(key) for key in differing if index in settings}
        texts = [str(value) if key == "text" else f"{key} {value}" for key, value in values.items()]
        return ", ".join(texts) or str(index)

    return {index: name(index) for index in indices}


def candidates_note(facts: ModelFacts) -> str:
    """Return on which rows the candidates were compared, and what became of the best."""
    figures = facts.model_figures
    if figures is None:
        return ""
    folds, threshold = figures.get("folds", 1), facts.threshold
    sentences = [
        f"The scores are of {folds} folds of the training and validation rows, each predicted by "
        "a fit to the others."
        if folds > 1
        else "The scores are of the validation rows."
    ]
    if facts.figures["problem"] == "binary" and threshold != USUAL_THRESHOLD:
        sentences.append(f"Their accuracy is that of a threshold of {USUAL_THRESHOLD}.")
    if any(each.get("sampled") for each in figures.get("candidates", [])):
        sentences.append("The sampled ones were fitted to a part of the training rows.")
    if facts.learned_from_both:
        sentences.append("The chosen one was then fitted to the training and validation rows.")
    if figures.get("calibrated"):
        sentences.append("Its probabilities are calibrated by these predictions.")
    sentences.append("The figures at the top of this page are of the test rows.")
    return " ".join(sentences)


def _cell(value: bool | float | str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.replace("_", " ") if isinstance(value, str) else number(value)
