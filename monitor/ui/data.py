"""The store's reads, made once for all visitors at each revision; nothing expires."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd

from monitor.alerts.arrivals import arrivals
from monitor.alerts.decision import Decision
from monitor.alerts.episodes import episodes
from monitor.alerts.noise import Diagnosis, diagnose, record
from monitor.alerts.rule import Rule
from monitor.jobs import deciding, rehearsing
from monitor.jobs.rehearsing import Told
from monitor.measures.catalogue import METRICS
from monitor.measures.history import Period
from monitor.measures.layout import Layout
from monitor.store import frames, measured, reads, reports
from monitor.store import history as stored_history
from monitor.store import pauses as stored_pauses
from monitor.store import rules as stored_rules
from monitor.store.measured import MEASURED
from monitor.ui.current import key, known, of_one_revision, store
from monitor.ui.once import Once

OVERDUE: Final = "batch_overdue"  # which is of when batches came, and not of what is in them
MOST_FRAMES: Final = 100  # in memory, of some hundred kilobytes each

_frames = of_one_revision(Once(MOST_FRAMES))


def _cached(name: str, **arguments: Any) -> pd.DataFrame:
    at = (key(), name, tuple(sorted(arguments.items())))
    frame: pd.DataFrame = _frames.get(at, lambda: getattr(reads, name)(store(), **arguments))
    return frame.copy(deep=False)  # of one's own: what is written into it copies it first


def _measured(name: str, **arguments: Any) -> pd.DataFrame:
    """Which batches there are is read once for all that is read of them."""
    at = (key(), name, tuple(sorted(arguments.items())))
    read = getattr(reads, name)
    frame: pd.DataFrame = _frames.get(
        at, lambda: read(store(), **arguments, places=answered(arguments["model"]))
    )
    return frame.copy(deep=False)


def answered(model: str) -> pd.DataFrame:
    return _cached("answered", model=model)


def periods(model: str, *, between: tuple[datetime | None, datetime | None]) -> int:
    """How many of them in this window have a scored batch."""
    return int(measured.between(answered(model), *between)["starts_at"].nunique())


def models() -> pd.DataFrame:
    return _cached("models")


def measurements(
    model: str,
    *,
    metric: str | None = None,
    metrics: tuple[str, ...] | None = None,
    feature: str | None = None,
    attribute: str | None = None,
    group: str | None = None,
    batch: str | None = None,
    features: tuple[str, ...] | None = None,
    newest: int | None = None,
    between: tuple[datetime | None, datetime | None] = (None, None),
    columns: tuple[str, ...] = MEASURED,
) -> pd.DataFrame:
    return _measured(
        "measurements",
        model=model,
        columns=columns,
        metric=metric,
        metrics=metrics,
        feature=feature,
        attribute=attribute,
        group=group,
        batch=batch,
        features=features,
        newest=newest,
        since=between[0],
        until=between[1],
    )


def worst(
    model: str,
    metric: str,
    *,
    features: tuple[str, ...],
    most: int,
    between: tuple[datetime | None, datetime | None],
    columns: tuple[str, ...],
) -> pd.DataFrame:
    return _measured(
        "worst",
        model=model,
        metric=metric,
        features=features,
        most=most,
        since=between[0],
        until=between[1],
        columns=columns,
    )


def strongest(
    model: str,
    metrics: tuple[str, ...],
    *,
    between: tuple[datetime | None, datetime | None] = (None, None),
) -> pd.DataFrame:
    return _measured("strongest", model=model, metrics=metrics, since=between[0], until=between[1])


def judged(model: str, family: str, *, batch: str) -> pd.DataFrame:
    """How often rules said what of the batch, in this family of metrics."""
    names = tuple(name for name, one in METRICS.items() if one.family == family)
    return _cached("judged", metrics=names, **_ids(model, batch))


def farthest(model: str, metric: str, *, batch: str) -> pd.DataFrame:
    """The feature of the batch that the metric is largest of."""
    return _cached("farthest", metric=metric, **_ids(model, batch))


def _ids(model: str, batch: str) -> dict[str, int]:
    """Of the batch, and of the version that answers for it."""
    places = answered(model)
    row = places.iloc[places["batch"].tolist().index(batch)]
    return {"version": int(row["version_id"]), "batch": int(row["id"])}


def batches(model: str | None = None) -> pd.DataFrame:
    """Without their notes."""
    return _cached("listed", model=model)


def notes(batches: tuple[int, ...]) -> Mapping[int, Mapping[str, Any]]:
    """What was found when each of these came in."""
    return known(("notes", batches), lambda: reads.notes(store(), batches))


def incidents(
    *, model: str | None = None, state: str | None = None, id: int | None = None
) -> pd.DataFrame:
    return _cached("incidents", model=model, state=state, id=id)


def incident_events(incident: int) -> pd.DataFrame:
    return _cached("incident_events", incident_id=incident)


def deliveries(incident: int) -> pd.DataFrame:
    return _cached("deliveries", incident_id=incident)


def decision(incident: int) -> Decision:
    """As of now: labels may be waited for since yesterday."""
    return deciding.decision(store(), incident, now=datetime.now(UTC))


def channels() -> pd.DataFrame:
    return _cached("channels")


def rules(model: str) -> list[Rule]:
    """Those switched off included, in the order they were made."""
    rows = _cached("rules", model=model).to_dict("records")
    return [
        Rule.from_row({str(k): None if pd.isna(v) else v for k, v in row.items()}) for row in rows
    ]


def rule_versions(rule: int) -> list[Mapping[str, Any]]:
    """Newest first."""
    return stored_rules.versions(store(), rule)


def pauses() -> pd.DataFrame:
    return stored_pauses.pauses(store())


def model_id(model: str) -> int:
    with store().read() as connection:
        return frames.model_id(connection, model)


def history(model: str, metric: str) -> list[Period]:
    """Every batch with its numbers of this metric, oldest first; not to be changed."""
    return known(("history", model, metric), lambda: _replayable(model, metric))


def _replayable(model: str, metric: str) -> list[Period]:
    past = stored_history.periods(store(), model, metric=metric)
    return arrivals(past, frames.cadence_of(store(), model)) if metric == OVERDUE else past


def diagnoses(model: str) -> list[Diagnosis]:
    """Of each rule how it has behaved, and what makes it noisy; not to be changed."""
    return known(("diagnoses", model), lambda: _diagnosed(model))


def _diagnosed(model: str) -> list[Diagnosis]:
    told = episodes(stored_history.courses(store(), model))
    mine = rules(model)
    return [
        diagnose(
            one,
            told,
            history(model, one.metric) if record(one, told).is_noisy else [],
            beside=mine,
        )
        for one in mine
    ]


def rehearsed(model: str, rule: Rule) -> Told:
    """The rule against damage; ReportError where that cannot be tried."""
    asked = ("rehearsed", model, repr(rule))
    return known(asked, lambda: rehearsing.ask(store().settings, model, rule))


def layout(model: str) -> Layout | None:
    """What is counted of the model; None before a reference is known."""
    return known(("layout", model), lambda: _laid_out(model))


def _laid_out(model: str) -> Layout | None:
    with store().read() as connection:
        return frames.layout_of(connection, frames.champion_id(connection, model))


def importance(model: str) -> pd.DataFrame:
    return _cached("importance", model=model)


def versions(model: str) -> pd.DataFrame:
    return _cached("versions", model=model)


def distribution(model: str, *, batch: str, feature: str) -> pd.DataFrame:
    return _cached("distribution", model=model, batch=batch, feature=feature)


def confusion(model: str, *, batch: str) -> pd.DataFrame:
    return _cached("confusion", model=model, batch=batch)


def calibration(model: str, *, batch: str, label: str = "") -> pd.DataFrame:
    return _cached("calibration", model=model, batch=batch, label=label)


def roc(model: str, *, batch: str, label: str = "") -> pd.DataFrame:
    return _cached("roc", model=model, batch=batch, label=label)


def report(model: str, *, batch: str) -> pd.DataFrame:
    """Not to be changed."""
    return known(("report", model, batch), lambda: reports.report(store(), model, batch=batch))
