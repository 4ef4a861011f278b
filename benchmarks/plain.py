"""Every number of a scored batch as one writes it with pandas, scipy and sklearn, row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial.distance import jensenshannon
from sklearn import metrics

Answers = dict[str, float]
IDENTIFIED = ("id", "target", "score", "prediction")
GROUPED = {"sex": ["sex"], "race": ["race"], "sex × race": ["sex", "race"]}
ADDED = 0.5


def answers(batch: pd.DataFrame, reference: pd.DataFrame) -> Answers:
    """By our names where we have the same number; bins and categories are their own."""
    found = {"duplicate_ids": float(batch["id"].duplicated().sum())} | _performance(batch)
    for name in [one for one in batch.columns if one not in IDENTIFIED]:
        measure = _numeric if name.startswith("number") else _categorical
        found |= measure(name, batch[name], reference[name])
    for attribute, columns in GROUPED.items():
        for key, rows in batch.groupby(columns):
            about = f"{attribute}/{' × '.join(key)}"
            found |= {f"{metric}/{about}": value for metric, value in _group(rows).items()}
    return {name: float(value) for name, value in found.items()}


def _numeric(name: str, now: pd.Series, before: pd.Series) -> Answers:
    c, r = now.dropna().to_numpy(), before.dropna().to_numpy()
    cuts = np.unique(np.quantile(r, np.linspace(0, 1, 21)[1:-1]))
    counted = [np.bincount(np.searchsorted(cuts, x), minlength=len(cuts) + 1) for x in (c, r)]
    return {
        f"ks/{name}": float(stats.ks_2samp(c, r, method="asymp").statistic),
        f"wasserstein/{name}": float(stats.wasserstein_distance(c, r) / r.std()),
        **_shares(name, *counted),
        f"missing_rate/{name}": float(now.isna().mean()),
        f"infinite_rate/{name}": float(np.isinf(c).mean()),
        f"out_of_range_rate/{name}": float(((now < r.min()) | (now > r.max())).mean()),
    }


def _categorical(name: str, now: pd.Series, before: pd.Series) -> Answers:
    counted = pd.concat([now.value_counts(), before.value_counts()], axis=1).fillna(0)
    unseen = float((~now.dropna().isin(before.unique())).mean())
    return {
        **_shares(name, *counted.to_numpy().T),
        f"missing_rate/{name}": float(now.isna().mean()),
        f"unseen_rate/{name}": unseen,
    }


def _shares(name: str, c: np.ndarray, r: np.ndarray) -> Answers:
    p, q = (c + ADDED) / (c + ADDED).sum(), (r + ADDED) / (r + ADDED).sum()
    filled = (c + r) > 0
    tested = stats.chi2_contingency(np.array([c, r])[:, filled])
    return {
        f"psi of its own bins/{name}": float(((p - q) * np.log(p / q)).sum()),
        f"jensenshannon of its own bins/{name}": float(jensenshannon(c, r)),
        f"χ² of its own bins/{name}": float(tested.pvalue),
    }


def _performance(rows: pd.DataFrame) -> Answers:
    y, said, score = rows["target"], rows["prediction"], rows["score"]
    (tn, fp), _ = metrics.confusion_matrix(y, said, labels=[0, 1])
    return {
        "accuracy": metrics.accuracy_score(y, said),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, said),
        "precision": metrics.precision_score(y, said),
        "recall": metrics.recall_score(y, said),
        "f1": metrics.f1_score(y, said),
        "specificity": tn / (tn + fp),
        "matthews_corrcoef": metrics.matthews_corrcoef(y, said),
        "roc_auc": metrics.roc_auc_score(y, score),
        "average_precision": metrics.average_precision_score(y, score),
        "log_loss": metrics.log_loss(y, score),
        "brier_score": metrics.brier_score_loss(y, score),
    }


def _group(rows: pd.DataFrame) -> Answers:
    y, said, score = rows["target"], rows["prediction"], rows["score"]
    (tn, fp), (fn, tp) = metrics.confusion_matrix(y, said, labels=[0, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = {
            "accuracy": (tp + tn) / len(rows),
            "precision": tp / (tp + fp),
            "selection_rate": said.mean(),
            "base_rate": y.mean(),
            "true_positive_rate": tp / (tp + fn),
            "false_positive_rate": fp / (fp + tn),
            "false_negative_rate": fn / (tp + fn),
            "true_negative_rate": tn / (fp + tn),
            "negative_predictive_value": tn / (tn + fn),
            "mean_score": score.mean(),
            "brier_score": metrics.brier_score_loss(y, score),
        }
    return rates | ({"roc_auc": metrics.roc_auc_score(y, score)} if y.nunique() > 1 else {})
