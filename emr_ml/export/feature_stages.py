"""MLlib's stages from columns to one vector."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from emr_ml.export.regular_expressions import python_pattern
from emr_ml.export.saved_model import SavedStage, vector
from emr_ml.export.statements import Expression, parse_statement, unquoted
from emr_ml.export.translation import (
    DENSE,
    Block,
    Source,
    Translate,
    Translation,
    Vector,
    sparse_if_shorter,
)
from spark_jobs.runtime.job import JobError


def _sql(model: Translation, stage: SavedStage) -> None:
    for alias, expression in parse_statement(stage.param("statement")).items():
        _expression(model, alias, expression)


def _expression(model: Translation, alias: str, expression: Expression) -> None:
    values = expression.values
    match expression.kind:
        case "column":
            model.columns[alias] = Source(unquoted(values[0]))
        case "text":
            column, *replacements = values
            pairs = zip(map(python_pattern, replacements[::2]), replacements[1::2], strict=True)
            model.columns[alias] = Source(unquoted(column), replace=tuple(pairs))
        case "elapsed":
            model.columns[alias] = Source(unquoted(values[0]), part="elapsed")
        case "hour" | "weekday" | "month":
            wave, angle, column = values
            part = f"{expression.kind} {wave} {int(angle) // 2}"
            model.columns[alias] = Source(unquoted(column), part=part)
        case "concat":
            sources = [model.source(name) for name in values[0].split(", ")]
            ngrams = [length for each in sources for length in each.tokens["ngrams"]]
            tokens = {**sources[0].tokens, "ngrams": ngrams}
            model.columns[alias] = replace(sources[0], tokens=tokens)
        case "exponential":
            margin, margins = values
            names = [model.result(name) for name in (margin, *margins.split(", "))]
            model.add_step("exponential", alias, names)
            model.explained[alias] = model.explained[margin]
        case "position":
            names = [model.result(name) for name in values[0].split(", ")]
            model.add_step("stack", f"{alias}_margins", names)
            model.add_step("largest", alias, [f"{alias}_margins"], thresholds=None)
        case "affine":
            name, factor, add = values
            given = model.result(name)
            model.add_step("affine", alias, [given], factor=float(factor), add=float(add))
            model.explained[alias] = model.explained[given]
            model.factor = float(factor)
        case _:
            model.columns[alias] = model.columns[values[0]]


def _tokenizer(model: Translation, stage: SavedStage) -> None:
    if stage.param("gaps") or stage.param("minTokenLength") != 1:
        raise JobError("a model with a tokenizer that looks for gaps can't be exported")
    source = model.source(stage.param("inputCol"))
    tokens = {
        "replace": source.replace,
        "word": python_pattern(stage.param("pattern")),
        "lower_case": stage.param("toLowercase"),
        "stop_words": [],
        "ngrams": [1],
    }
    model.columns[stage.param("outputCol")] = replace(source, tokens=tokens)


def _stop_words(model: Translation, stage: SavedStage) -> None:
    if not stage.param("caseSensitive"):
        raise JobError("a model whose stop words ignore case can't be exported")
    source = model.source(stage.param("inputCol"))
    tokens = {**source.tokens, "stop_words": stage.param("stopWords")}
    model.columns[stage.param("outputCol")] = replace(source, tokens=tokens)


def _ngram(model: Translation, stage: SavedStage) -> None:
    source = model.source(stage.param("inputCol"))
    tokens = {**source.tokens, "ngrams": [stage.param("n")]}
    model.columns[stage.param("outputCol")] = replace(source, tokens=tokens)


def _hashing_tf(model: Translation, stage: SavedStage) -> None:
    source = model.source(stage.param("inputCol"))
    block = {
        "kind": "terms",
        "column": source.column,
        "size": stage.param("numFeatures"),
        "binary": stage.param("binary"),
        "idf": None,
        "norm": False,
        **source.tokens,
    }
    model.columns[stage.param("outputCol")] = Vector((block,))


def _idf(model: Translation, stage: SavedStage) -> None:
    weights = vector(stage.data["idf"])
    (block,) = model.vector(stage.param("inputCol")).blocks
    model.columns[stage.param("outputCol")] = Vector(
        ({**block, "idf": sparse_if_shorter(weights)},)
    )


def _normalizer(model: Translation, stage: SavedStage) -> None:
    name, output = stage.param("inputCol"), stage.param("outputCol")
    if model.is_result(name) and stage.param("p") == 1:
        model.add_step("normalize", output, [model.result(name)])
        model.explained[output] = model.explained[name]
        return
    blocks = model.vector(name).blocks
    if stage.param("p") != 2 or [block["kind"] for block in blocks] != ["terms"]:
        raise JobError("a model with a Normalizer of anything but terms can't be exported")
    model.columns[output] = Vector(({**blocks[0], "norm": True},))


def _word2vec(model: Translation, stage: SavedStage) -> None:
    source, size = model.source(stage.param("inputCol")), stage.param("vectorSize")
    block = {
        "kind": "word_vectors",
        "column": source.column,
        "size": size,
        **source.tokens,
        "fill": [0.0] * size,
        **_unscaled(size),
        "vectors": {row["word"]: row["vector"] for row in stage.rows()},
    }
    model.columns[stage.param("outputCol")] = Vector((block,))


def _unscaled(size: int) -> Block:
    return {"shift": [0.0] * size, "factor": [1.0] * size, "add": [0.0] * size}


def _imputer(model: Translation, stage: SavedStage) -> None:
    values = stage.data
    for name, output in zip(stage.param("inputCols"), stage.param("outputCols"), strict=True):
        model.columns[output] = replace(model.source(name), fill=values[name])


def _assembler(model: Translation, stage: SavedStage) -> None:
    names, output = stage.param("inputCols"), stage.param("outputCol")
    if all(model.is_result(name) for name in names):
        model.add_step("stack", output, [model.result(name) for name in names])
        model.explained[output] = [each for name in names for each in model.explained[name]]
        return
    blocks: list[Block] = []
    for name in names:
        found = model.columns.get(name)
        blocks += found.blocks if isinstance(found, Vector) else [_number(model.source(name))]
    model.columns[output] = Vector(tuple(blocks))


def _number(source: Source) -> Block:
    return {
        "kind": "number",
        "column": source.column,
        "part": source.part,
        "size": 1,
        "fill": [source.fill],
        **_unscaled(1),
    }


def _scaled(
    model: Translation,
    stage: SavedStage,
    shift: Sequence[float],
    factor: Sequence[float],
    add: Sequence[float],
) -> None:
    blocks: list[Block] = []
    start = 0
    for block in model.vector(stage.param("inputCol")).blocks:
        if block["kind"] not in DENSE:
            raise JobError("a model with scaled categories can't be exported")
        within = slice(start, start + block["size"])
        start = within.stop
        scale = {"shift": shift[within], "factor": factor[within], "add": add[within]}
        blocks.append({**block, **scale})
    model.columns[stage.param("outputCol")] = Vector(tuple(blocks))


def _standard_scaler(model: Translation, stage: SavedStage) -> None:
    data = stage.data
    deviations, means = vector(data["std"]), vector(data["mean"])
    factor = [1 / each if each else 0.0 for each in deviations]
    if not stage.param("withStd"):
        factor = [1.0] * len(means)
    shift = means if stage.param("withMean") else [0.0] * len(means)
    _scaled(model, stage, shift, factor, [0.0] * len(means))


def _min_max_scaler(model: Translation, stage: SavedStage) -> None:
    data = stage.data
    least, most = np.array(vector(data["originalMin"])), np.array(vector(data["originalMax"]))
    low, high = stage.param("min"), stage.param("max")
    with np.errstate(all="ignore"):  # the range of huge numbers may overflow
        ranges = most - least
        factor = np.where(ranges != 0, (high - low) / np.where(ranges != 0, ranges, 1.0), 0.0)
    add = np.where(factor != 0, low, (low + high) / 2)
    _scaled(model, stage, least.tolist(), factor.tolist(), add.tolist())


def _string_indexer(model: Translation, stage: SavedStage) -> None:
    if stage.param("handleInvalid") != "keep":
        raise JobError("a model without an index of unknown categories can't be exported")
    names, outputs = stage.param("inputCols"), stage.param("outputCols")
    for name, output, labels in zip(names, outputs, stage.data["labelsArray"], strict=True):
        model.columns[output] = replace(model.source(name), categories=tuple(labels))


def _one_hot(model: Translation, stage: SavedStage) -> None:
    if stage.param("dropLast"):
        raise JobError("a model that drops the last category can't be exported")
    for name, output in zip(stage.param("inputCols"), stage.param("outputCols"), strict=True):
        source = model.source(name)
        size, categories = len(source.categories) + 1, [*source.categories]
        block = {"kind": "category", "column": source.column, "size": size}
        model.columns[output] = Vector(({**block, "categories": categories},))


def _feature_hasher(model: Translation, stage: SavedStage) -> None:
    (name,) = stage.param("inputCols")
    block = {
        "kind": "hashed_category",
        "column": model.source(name).column,
        "size": stage.param("numFeatures"),
        "prefix": f"{name}=",
    }
    model.columns[stage.param("outputCol")] = Vector((block,))


FEATURE_STAGES: Mapping[str, Translate] = {
    "SQLTransformer": _sql,
    "RegexTokenizer": _tokenizer,
    "StopWordsRemover": _stop_words,
    "NGram": _ngram,
    "HashingTF": _hashing_tf,
    "IDFModel": _idf,
    "Normalizer": _normalizer,
    "Word2VecModel": _word2vec,
    "ImputerModel": _imputer,
    "VectorAssembler": _assembler,
    "StandardScalerModel": _standard_scaler,
    "MinMaxScalerModel": _min_max_scaler,
    "StringIndexerModel": _string_indexer,
    "OneHotEncoderModel": _one_hot,
    "FeatureHasher": _feature_hasher,
}
