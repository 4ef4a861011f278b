"""What visitors of the large database look at: every page and every section of the model's."""

from __future__ import annotations

from typing import Final

from benchmarks.large import MODEL
from monitor.ui.view import SECTIONS

PATHS: Final = {
    "overview": "/",
    **{name: f"/model?model={MODEL}&section={name}" for name in SECTIONS},
    "intersections": f"/model?model={MODEL}&section=fairness&part=intersections",
    "indices": f"/model?model={MODEL}&section=fairness&part=indices",
    "everything": f"/model?model={MODEL}&section=drift&window=all",
    "batches": f"/batches?model={MODEL}",
    "inbox": "/alerts",
    "rules": f"/alerts?part=rules&model={MODEL}",
    "rule": f"/alerts?part=rules&model={MODEL}&rule=1",
    "pauses": "/alerts?part=pauses",
    "channels": "/alerts?part=channels",
    "noise": f"/alerts?part=noise&model={MODEL}",
    "models": "/settings?part=models",
    "system": "/settings?part=system",
}  # fmt: skip
