"""The model is asked about the next rows before those it answered are counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pandas as pd
import pytest

from monitor.jobs.ahead import ahead, at_once

FRAMES = [pd.DataFrame({"x": [k]}) for k in range(4)]


def test_the_model_works_while_its_last_answer_is_counted():
    begun = [threading.Event() for _ in FRAMES]

    def predict(frame: pd.DataFrame) -> pd.DataFrame:
        begun[frame["x"].iloc[0]].set()
        return frame + 10

    for k, one in enumerate(ahead(FRAMES, predict)):
        assert (one.frame["x"].iloc[0], one.predictions["x"].iloc[0]) == (k, k + 10)
        assert begun[min(k + 1, len(FRAMES) - 1)].wait(10)


def test_frames_are_read_no_further_than_one_beyond_the_model():
    read = []

    def frames() -> Iterator[pd.DataFrame]:
        for k, frame in enumerate(FRAMES):
            read.append(k)
            yield frame

    for k, _ in enumerate(ahead(frames(), lambda frame: frame)):
        assert len(read) <= k + 2


def test_what_the_model_raises_is_raised_after_the_answers_before_it():
    def predict(frame: pd.DataFrame) -> pd.DataFrame:
        if frame["x"].iloc[0] == 2:
            raise ValueError("two")
        return frame

    answers = ahead(FRAMES, predict)
    assert [next(answers).frame["x"].iloc[0] for _ in range(2)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(answers)


def test_whoever_stops_early_leaves_a_model_that_is_at_rest():
    asked, answered = [], []

    def predict(frame: pd.DataFrame) -> pd.DataFrame:
        asked.append(frame)
        time.sleep(0.01)
        answered.append(frame)
        return frame

    chunks = ahead(FRAMES, predict)
    next(chunks)
    chunks.close()
    assert len(asked) == len(answered) <= 2


def test_scores_that_are_there_are_taken_from_one_frame_at_a_time():
    read = []

    def frames() -> Iterator[pd.DataFrame]:
        for frame in FRAMES:
            read.append(frame)
            yield frame

    for k, one in enumerate(at_once(frames(), lambda frame: frame + 10), start=1):
        assert len(read) == k
        assert one.predictions["x"].iloc[0] == one.frame["x"].iloc[0] + 10
