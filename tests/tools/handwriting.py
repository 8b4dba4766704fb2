"""How many mistakes on handwriting: two networks of this course beside four classifiers
of scikit-learn, on the same splits.

    python tests/tools/handwriting.py

Each of three seeds cuts the 1,797 digits into 5 stratified folds. One fold is the test,
a quarter of the rest the validation, so that 60 % are left to train on. Settings are
chosen by the validation's accuracy in each split (for the networks they were chosen
before, also by it); the test is looked at once.

Writes data/handwriting_results.json, which notebook 10 shows. Needs scikit-learn. One
thread; about 26 CPU-seconds a split, 15 splits.
"""

import json
import os
import platform
import sys
from itertools import product
from pathlib import Path

# The libraries read these when they are imported.
for name in ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM"):
    os.environ[f"{name}_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.model_selection import StratifiedKFold, train_test_split  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402
from sklearn.svm import SVC  # noqa: E402

from helpers import handwriting as hw  # noqa: E402
from helpers.data import FOLDER  # noqa: E402

SEEDS, FOLDS = 3, 5
IMAGES, LABELS = hw.load_handwriting()
TARGETS = np.eye(10)[:, LABELS]
ROWS = IMAGES.reshape(64, -1).T
ONE, TWO = "one sigmoid layer", "two ReLU layers"
SVC_SHIFTED = "SVC, shifted copies too"
GRIDS = {
    "LogisticRegression": [
        LogisticRegression(C=c, max_iter=2000) for c in (0.1, 0.3, 1, 3, 10)
    ],
    "MLPClassifier": [
        MLPClassifier(size, alpha=alpha, max_iter=400, random_state=0)
        for size, alpha in product([(100,), (256,)], (1e-2, 1e-1))
    ],
    "k nearest neighbours": [KNeighborsClassifier(k) for k in (1, 3, 5, 7)],
    "SVC": [SVC(C=c, gamma=g) for c, g in product((1, 3, 10, 30), (0.01, 0.03, 0.06))],
    SVC_SHIFTED: [SVC(C=c, gamma=g) for c, g in product((3, 10), (0.03, 0.06, 0.1))],
}


def splits():
    """Seed, fold, and the numbers to train on, of validation and of test, 15 times."""
    for seed in range(SEEDS):
        cutter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
        for fold, (rest, test) in enumerate(cutter.split(ROWS, LABELS)):
            how = {"test_size": 0.25, "stratify": LABELS[rest], "random_state": seed}
            yield seed, fold, *train_test_split(rest, **how), test


def network_answers(name, chosen, seed):
    """Train one of the two networks. Returns the class it gives to all images."""
    if name == ONE:
        shapes, gain, epochs, rate = [(64, 1, 5, 5)], 1.0, 90, 0.02
        gradient, forward, move = hw.gradient_one, hw.forward_one, hw.shifted
    else:
        shapes, gain, epochs, rate = [(32, 1, 3, 3), (64, 32, 3, 3)], 2.0, 80, 0.004
        gradient, forward, move = hw.gradient_two, hw.forward_two, hw.jiggled
    rng, data = np.random.default_rng(seed), (IMAGES[..., chosen], TARGETS[:, chosen])
    start = hw.start_values(rng, shapes, (10, 64, 2, 2), gain)
    trained = hw.train(data, start, gradient, epochs, rate, move=move, seed=seed)[-1]
    return np.argmax(forward(IMAGES, trained)[-1], axis=0)


def classifier_answers(name, chosen, validation):
    """The best of a grid on the validation. Returns its class for all images."""
    rows, labels = ROWS[chosen], LABELS[chosen]
    if name == SVC_SHIFTED:
        every = (0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)
        copies = [hw.moved(IMAGES[..., chosen], 0.0, i, j) for i, j in every]
        rows = np.concatenate([copy.reshape(64, -1).T for copy in copies])
        labels = np.tile(labels, len(every))
    answers = [model.fit(rows, labels).predict(ROWS) for model in GRIDS[name]]
    return max(answers, key=lambda said: np.mean((said == LABELS)[validation]))


def measure():
    """Which images each method mistakes: from its name to booleans (seeds, images)."""
    wrong = {name: np.zeros((SEEDS, len(LABELS)), bool) for name in (ONE, TWO, *GRIDS)}
    for seed, fold, chosen, validation, test in splits():
        for name in wrong:
            if name in GRIDS:
                said = classifier_answers(name, chosen, validation)
            else:
                said = network_answers(name, chosen, FOLDS * seed + fold)
            wrong[name][seed, test] = (said != LABELS)[test]
        counts = {name: int(w[seed, test].sum()) for name, w in wrong.items()}
        print(f"seed {seed}, fold {fold}, {len(test)} tested:", counts, flush=True)
    return wrong


def mean_and_error(values):
    """In percent, the mean over images of each image's mean over seeds, and its
    standard error: images are the sample; the seeds test the same ones again."""
    values = 100 * values.mean(axis=0)
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


def report(wrong):
    """What is stored: a dict that JSON can write."""
    rows = {}
    for name, mistakes in wrong.items():
        mean, error = mean_and_error(mistakes)
        rows[name] = {
            "accuracy": round(100 - mean, 2),
            "standard error": round(error, 2),
            "mistakes": int(mistakes.sum()),
            "tested": mistakes.size,
        }
    pairs = {}
    for ours, theirs in [(TWO, ONE), *product((ONE, TWO), GRIDS)]:
        lead = mean_and_error(1.0 * wrong[theirs] - wrong[ours])
        pairs[f"{ours} - {theirs}"] = [round(value, 2) for value in lead]
    often = wrong[TWO].sum(axis=0)
    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, "
    return {
        "made with": f"{versions}scikit-learn {sklearn.__version__}",
        "splits": SEEDS * FOLDS,
        "methods": rows,
        "more right, in percent of the images, and standard error": pairs,
        f"images mistaken by {TWO}": {f"{n}": int(w) for n, w in enumerate(often) if w},
    }


def main():
    text = json.dumps(report(measure()), indent=1) + "\n"
    (FOLDER / "handwriting_results.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
