"""scikit-learn on the same split as ours: what one process without Spark can do.

Texts become TF-IDF of uni- and bigrams, numbers are standardized, categories are one-hot encoded.
Three regularizations are compared on the validation split; the best is scored on the test split.
"""

import csv
import gzip
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from emr_ml.contract import load_contract

INVERSE_PENALTIES = (1.0, 3.0, 10.0)  # C in scikit-learn
Columns = Mapping[str, Sequence[str]]


def main(path: str, contract_path: str, figures_path: str) -> None:
    """Write accuracy, ROC AUC and the number of test rows as JSON."""
    contract = load_contract(contract_path)
    label = contract.label
    assert label, "the contracts of the benchmarks have a label"
    columns = read(path)
    kinds = {name: column.kind for name, column in contract.columns.items()}
    key = contract.id or (*kinds, label.column)
    splits = assign_splits(columns, key, contract.split.train, contract.split.validation)
    train, validation, test = (splits == split for split in range(3))
    truth = np.array([value == label.positive for value in columns[label.column]])
    vectors = featurize(columns, kinds, train)
    best, lowest = None, float("inf")
    for inverse_penalty in INVERSE_PENALTIES:
        model = LogisticRegression(C=inverse_penalty, max_iter=200).fit(
            vectors[train], truth[train]
        )
        loss = log_loss(truth[validation], model.predict_proba(vectors[validation])[:, 1])
        if loss < lowest:
            best, lowest = model, loss
    assert best, "a loss is finite"
    scores = best.predict_proba(vectors[test])[:, 1]
    figures = {
        "accuracy": float(accuracy_score(truth[test], scores >= 0.5)),
        "auc_roc": float(roc_auc_score(truth[test], scores)),
        "test_rows": int(test.sum()),
    }
    Path(figures_path).write_text(json.dumps(figures))


def read(path: str) -> Columns:
    """Return the values of each column, stripped of whitespace."""
    open_file = gzip.open if path.endswith(".gz") else open
    with open_file(path, "rt", newline="") as file:
        header, *records = csv.reader(file)
    return {
        name: [value.strip() for value in values]
        for name, values in zip(header, zip(*records, strict=True), strict=True)
    }


def assign_splits(columns: Columns, key: Sequence[str], train: int, validation: int) -> np.ndarray:
    """Return 0 for train, 1 for validation, 2 for test, as `learning/split.py` does."""
    rows = zip(*(columns[name] for name in sorted(key)), strict=True)
    texts = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    digests = (hashlib.sha256(text.encode()).hexdigest() for text in texts)
    percent = np.array([int(digest[:8], 16) % 100 for digest in digests])
    return np.digitize(percent, [train, train + validation])


def featurize(columns: Columns, kinds: Mapping[str, str], train: np.ndarray) -> Any:
    """Return sparse vectors of all rows, fitted on the rows of the training split."""
    blocks: list[Any] = []
    for name, kind in kinds.items():
        if kind == "text":
            texts = np.array(columns[name], dtype=object)
            terms = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
            blocks.append(terms.fit(texts[train]).transform(texts))
            continue
        values = np.array(columns[name]).reshape(-1, 1)
        if kind == "numeric":
            numbers = values.astype(float)
            blocks.append(sp.csr_matrix(StandardScaler().fit(numbers[train]).transform(numbers)))
        else:
            encoder = OneHotEncoder(handle_unknown="ignore")
            blocks.append(encoder.fit(values[train]).transform(values))
    return sp.hstack(blocks, format="csr")


if __name__ == "__main__":
    main(*sys.argv[1:])
