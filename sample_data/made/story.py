"""What a made data set is: how its rows are drawn and which model learns from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

WEEKS = 26
REFERENCE_WEEK = 0
TRAINING_WEEK = -1


@dataclass(frozen=True, slots=True)
class Story:
    """``draw`` makes the rows of one week, truth included; weeks below 1 are before the history.

    ``predict`` adds the columns of the reference that a model would have written.
    ``labelled`` is the last week whose labels have arrived; ``one_more_week`` asks for a batch
    after the history, to be uploaded by hand.
    """

    name: str
    seed: int
    target: str
    features: tuple[str, ...]
    model_file: str
    training_rows: int
    draw: Callable[[np.random.Generator, int, int], pd.DataFrame]
    fit: Callable[[pd.DataFrame, pd.Series], Pipeline]
    predict: Callable[[Pipeline, pd.DataFrame], dict[str, np.ndarray]]
    reference_rows: int = 6000
    labelled: int = WEEKS
    one_more_week: bool = False

    def rows(self, week: int) -> pd.DataFrame:
        """The rows of one week with id and target; every week has a random stream of its own.

        Streams are numbered from zero, so that a week never changes because another did.
        """
        rng = np.random.default_rng([self.seed, week - TRAINING_WEEK])
        n = {TRAINING_WEEK: self.training_rows, REFERENCE_WEEK: self.reference_rows}.get(week)
        frame = self.draw(rng, n or int(rng.integers(1960, 2081)), week)
        ids = np.arange(1, len(frame) + 1) + 10_000 * week
        return frame.assign(id=ids)[["id", *frame.columns]]

    def train(self) -> Pipeline:
        training = self.rows(TRAINING_WEEK)
        return self.fit(training[list(self.features)], training[self.target])

    def reference(self, model: Pipeline) -> pd.DataFrame:
        """Rows the model never saw, with what it said about them."""
        frame = self.rows(REFERENCE_WEEK)
        return frame.assign(**self.predict(model, frame[list(self.features)]))

    def batch(self, week: int) -> pd.DataFrame:
        """What arrives in a week: no label, no prediction, no time."""
        return self.rows(week).drop(columns=self.target)

    def labels(self, week: int) -> pd.DataFrame:
        """What arrives later: id and target."""
        return self.rows(week)[["id", self.target]]
