"""Addresses that messages lead to: the incident, and exactly the view it speaks of."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from monitor.alerts.words import CLASS, section
from monitor.measures.measurement import Measurement


def deep_link(base_url: str, *, model: str, measurement: Measurement, batch: str) -> str:
    """The guilty view: a section of the model, or the batches where one is missing.

    >>> deep_link("http://h/", model="a b", measurement=Measurement("psi", 1.0, 9), batch="")
    'http://h/model?model=a%20b&section=drift&metric=psi'
    """
    m, place = measurement, section(measurement)
    if place == "service":
        return _address(base_url, "batches", {"model": model})
    attribute = "" if m.attribute == CLASS else m.attribute
    return _address(
        base_url,
        "model",
        {
            "model": model,
            "section": place,
            "attribute": attribute,
            "feature": m.feature,
            "metric": m.metric,
            "batch": batch,
        },
    )


def incident_link(base_url: str, incident: int, *, do: str = "") -> str:
    """The incident, with what may be done about it ready to be confirmed.

    Nothing happens by a visit: mail programs follow links before people do.

    >>> incident_link("http://h/", 12, do="acknowledge")
    'http://h/alerts?incident=12&do=acknowledge'
    """
    return _address(base_url, "alerts", {"incident": str(incident), "do": do})


def _address(base_url: str, page: str, view: dict[str, str]) -> str:
    said = {name: value for name, value in view.items() if value}
    query = urlencode(said, quote_via=quote, safe="", errors="replace")
    return f"{base_url.rstrip('/')}/{page}?{query}"
