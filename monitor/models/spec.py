"""A model's spec: what its owner says about it, in TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.terms import Cadence, Task


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column plays which role; ``score`` maps a class label to its probability column."""

    id: str | None = None
    timestamp: str | None = None
    target: str | None = None
    prediction: str | None = None
    score: Mapping[str, str] = field(default_factory=dict)
    weight: str | None = None
    features: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a prediction means for the person: labels are text (see ``labels.label``)."""

    positive: str | None = None
    favourable: tuple[str, ...] = ()
    favourable_range: tuple[float, float] | None = None
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class Sensitive:
    """A sensitive feature; ``bins`` cut a numeric one: (40,) gives ``<40`` and ``40+``."""

    name: str
    reference: str | None = None
    bins: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Runner:
    """How predictions are made: ``columns`` (already in the batch), ``process`` or ``inproc``."""

    kind: str = "columns"
    file: str | None = None
    python: str | None = None
    url: str | None = None


PROFILES = ("fairwatch", "evidently")


@dataclass(frozen=True, slots=True)
class Drift:
    """Whose rules decide about drift, and the Evidently method that some columns ask for."""

    profile: str = PROFILES[0]
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spec:
    """The whole spec; paths are absolute once read."""

    name: str
    task: Task
    columns: Columns
    outcome: Outcome = Outcome()
    sensitive: tuple[Sensitive, ...] = ()
    classes: tuple[str, ...] = ()
    reference_file: str | None = None
    owner: str = ""
    cadence: Cadence = Cadence.WEEK
    wait_days: int = 0
    runner: Runner = Runner()
    drift: Drift = field(default_factory=Drift)
