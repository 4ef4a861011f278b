"""The words we use, each once: choices the code switches on, and the glossary of the README."""

from __future__ import annotations

from enum import StrEnum


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "batch"), counted(2, "batch"), counted(1200, "row")
    ('1 batch', '2 batches', '1,200 rows')
    """
    ending = "" if n == 1 else "es" if noun.endswith(("ch", "s")) else "s"
    return f"{n:,} {noun}{ending}"


class Task(StrEnum):
    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


class Verdict(StrEnum):
    """From best to worst but for NOT_ENOUGH_DATA, which is no judgement at all."""

    NOT_ENOUGH_DATA = "not enough data"
    HEALTHY = "healthy"
    AT_RISK = "at risk"
    FAILING = "failing"

    @property
    def rank(self) -> int:
        return list(Verdict).index(self)


class Cadence(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Stage(StrEnum):
    CHAMPION = "champion"
    CHALLENGER = "challenger"
    RETIRED = "retired"


class Role(StrEnum):
    RECORDS = "records"
    LABELS = "labels"


class JobKind(StrEnum):
    SCORE = "score"
    LABELS = "labels"
    EXPLAIN = "explain"  # what takes the rows themselves: causes, classifiers, other libraries
    REPORT = "report"  # a page that somebody waits for
    SEQUENCE = "sequence"  # what batches say together, once one of them is deleted
    EXPIRE = "expire"  # deletes rows that were kept as long as they may be


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"


class IncidentState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


UNKNOWN_GROUP = "(unknown)"  # a missing group value: counted and shown, left out of disparities

GLOSSARY: dict[str, str] = {
    "model": "Something that predicts, watched under one name.",
    "task": "What a model predicts: binary, multiclass or regression.",
    "version": "One model file with its reference; a model may have many.",
    "stage": "What a version is used for: champion, challenger or retired.",
    "batch": "Rows that arrived together, covering one period.",
    "reference": "The rows a version is compared with, usually those it was validated on.",
    "run": "One version evaluated on one batch.",
    "feature": "A column that goes into the model.",
    "profile": "The counts that describe one column of one batch.",
    "tally": "Counts that add up: two batches' tallies sum to the tally of both.",
    "metric": "A definition, such as accuracy.",
    "measurement": "One value of a metric, with its interval and number of rows.",
    "segment": "Rows that share a value of a chosen column.",
    "sensitive feature": "A column whose groups must be compared, used by the model or not.",
    "group": "The rows that share one value of a sensitive feature.",
    "reference group": "The group the others are compared with.",
    "disparity": "A difference or a ratio between a group and the reference group.",
    "favourable outcome": "The predictions that are good for the person concerned.",
    "rule": "What is watched, its limit and its severity.",
    "limit": "The value a measurement should not go beyond.",
    "severity": "How urgent a broken rule is: critical or warning.",
    "pause": "A time in which messages wait, or nothing is opened.",
    "verdict": "Not enough data, healthy, at risk or failing.",
    "incident": "A broken rule on one subject: open, acknowledged, snoozed or resolved.",
    "channel": "Where messages go: e-mail, Slack, a webhook, apprise or a folder.",
    "delivery": "One message on its way through one channel.",
    "label wait": "How many days labels usually take to arrive.",
    "label coverage": "The share of a batch's rows whose label has arrived.",
    "factsheet": "One page that says what a version is and how it has behaved.",
}
