"""scikit-learn on the rows of our split: what one process without Spark can do.

Texts become TF-IDF of their uni- and bigrams, numbers are scaled, categories are one-hot. Three
regularizations are tried on the validation side; the best is scored on the test side.
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

PENALTIES = (1.0, 3.0, 10.0)  # scikit-learn's C, the inverse of a penalty
Columns = Mapping[str, Sequence[str]]


def main(path: str, contract: str, figures: str) -> None:
    """Write accuracy, ROC AUC and the number of test rows as JSON."""
    given = load_contract(contract)
    label = given.label
    assert label, "the contracts of the benchmarks have a label"
    columns = read(path)
    kinds = {name: column.kind for name, column in given.columns.items()}
    key = given.id or (*kinds, label.column)
    sides = sides_of(columns, key, given.split.train, given.split.validation)
    train, validation, test = (sides == side for side in range(3))
    truth = np.array([value == label.positive for value in columns[label.column]])
    vectors = featurized(columns, kinds, train)
    best, least = None, float("inf")
    for penalty in PENALTIES:
        model = LogisticRegression(C=penalty, max_iter=200).fit(vectors[train], truth[train])
        loss = log_loss(truth[validation], model.predict_proba(vectors[validation])[:, 1])
        if loss < least:
            best, least = model, loss
    assert best, "a loss is finite"
    scores = best.predict_proba(vectors[test])[:, 1]
    found = {
        "accuracy": float(accuracy_score(truth[test], scores >= 0.5)),
        "auc_roc": float(roc_auc_score(truth[test], scores)),
        "test_rows": int(test.sum()),
    }
    Path(figures).write_text(json.dumps(found))


def read(path: str) -> Columns:
    """The values of each column, without blanks around them."""
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", newline="") as file:
        header, *records = csv.reader(file)
    return {
        name: [value.strip() for value in values]
        for name, values in zip(header, zip(*records, strict=True), strict=True)
    }


def sides_of(columns: Columns, key: Sequence[str], train: int, validation: int) -> np.ndarray:
    """0, 1 or 2 for train, validation and test, as our jobs split: see `learning/split.py`."""
    rows = zip(*(columns[name] for name in sorted(key)), strict=True)
    texts = (json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    digests = (hashlib.sha256(text.encode()).hexdigest() for text in texts)
    percent = np.array([int(digest[:8], 16) % 100 for digest in digests])
    return np.digitize(percent, [train, train + validation])


def featurized(columns: Columns, kinds: Mapping[str, str], train: np.ndarray) -> Any:
    """Sparse vectors of all rows, by what the rows of the training side hold."""
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
