"""Registering a version: its files kept, its reference counted, its rules made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from monitor import __version__
from monitor.alerts.defaults import default_rules
from monitor.errors import ContractError, SpecError, UntrustedModel
from monitor.jobs.evaluate import Evaluation, evaluate, place_bins
from monitor.jobs.examine import head
from monitor.jobs.reading import open_table
from monitor.jobs.retention import check_kept
from monitor.measures.layout import Layout
from monitor.models.classes import with_told_classes
from monitor.models.contract import Contract, build_contract, check
from monitor.models.derive import complete
from monitor.models.drift_methods import check_methods
from monitor.models.files import PICKLES, artefact_facts
from monitor.models.runner import open_runner, verify_reference
from monitor.models.sensitive import cuts_said, grouping
from monitor.models.spec import Spec
from monitor.models.spec_file import spec_to_json
from monitor.store import results, rows, rules, writes
from monitor.store.engine import Store
from monitor.store.files import sha256_of
from monitor.store.row_files import FIRST_REFERENCE, REFERENCE_FILES, told_apart
from monitor.store.trust import is_trusted
from monitor.terms import Stage


@dataclass(frozen=True, slots=True)
class Registered:
    """What was registered, in one sentence, and what was derived, in notes."""

    model: str
    number: int
    sentence: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Reference:
    """Everything that follows from a reference file."""

    contract: Contract
    layout: Layout
    evaluation: Evaluation
    predictions_sha256: str
    predictions_repeat: tuple[str, ...]
    cuts: tuple[str, ...]  # of numeric sensitive features, each a sentence


def register(
    store: Store,
    spec: Spec,
    *,
    who: str,
    trust: bool = False,
    stage: Stage = Stage.CHAMPION,
    now: datetime | None = None,
) -> Registered:
    """Adds a model or a new version of one; SpecError, ModelError or BatchError say what to do.

    Without a reference file the first batch that arrives becomes the reference.
    """
    now = now or store.now()
    facts = _facts(store, spec, who=who, trust=trust, now=now)
    same = _already(store, spec, facts)
    if same is not None:
        return same
    reference = None
    if spec.reference_file is not None:
        store.files.keep(Path(spec.reference_file))
        spec, reference = _measure_reference(store, spec, facts)
        facts["reference_predictions_sha256"] = reference.predictions_sha256
    else:
        spec = _without_rows(store, spec, facts)
    number = _save(store, spec, facts, reference, stage=stage, who=who, now=now)
    sentence = f"Registered {spec.name}, version {number}, as {stage}."
    return Registered(spec.name, number, sentence, tuple(_notes(spec, reference)))


def _facts(store: Store, spec: Spec, *, who: str, trust: bool, now: datetime) -> dict[str, Any]:
    facts = artefact_facts(spec)
    facts |= {"spec_sha256": _hash_of(spec), "registered_with": __version__}
    if spec.runner.file is not None and "sha256" in facts:
        file = Path(spec.runner.file)
        if facts["kind"] in PICKLES and not is_trusted(store, facts["sha256"]):
            if not trust:
                raise UntrustedModel(file.name, facts["sha256"])
            writes.trust(store, facts["sha256"], who=who, now=now)
        store.files.keep(file, suffix=file.suffix)
    if spec.reference_file is not None:
        path = Path(spec.reference_file)
        if not path.exists():
            raise SpecError(f"There is no reference file {path}: correct file in [reference].")
        facts["reference_sha256"] = sha256_of(path)
    return facts


def _hash_of(spec: Spec) -> str:
    """Of all that the spec says but where the files lie, which have hashes of their own."""
    named = replace(spec, reference_file=None, runner=replace(spec.runner, file=None))
    text = json.dumps(asdict(named), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _already(store: Store, spec: Spec, facts: Mapping[str, Any]) -> Registered | None:
    """The same spec, model file and reference again are no new version."""
    with store.read() as connection:
        active = rows.active_versions_called(connection, spec.name)
    for row in active:
        same = all(row.facts.get(name) == facts.get(name) for name in ("spec_sha256", "sha256"))
        if same and _is_reference(row.facts, facts.get("reference_sha256")):
            sentence = f"{spec.name} is registered like this already, as version {row.number}."
            return Registered(spec.name, row.number, sentence, ())
    return None


def _is_reference(facts: Mapping[str, Any], sha256: str | None) -> bool:
    """Whether a version was registered with this file, rows deleted from it since left aside."""
    if sha256 is not None and FIRST_REFERENCE in facts:
        return bool(facts[FIRST_REFERENCE] == told_apart(sha256))
    return bool(facts.get("reference_sha256") == sha256)


def with_stored_file(store: Store, spec: Spec, facts: Mapping[str, Any]) -> Spec:
    """The spec with its model file taken from our own folder, whatever became of the original."""
    if spec.runner.file is None or "sha256" not in facts:
        return spec
    kept = store.files.path(facts["sha256"], suffix=Path(spec.runner.file).suffix)
    return replace(spec, runner=replace(spec.runner, file=str(kept)))


def _without_rows(store: Store, spec: Spec, facts: Mapping[str, Any]) -> Spec:
    """With the classes that the spec tells, or the model."""
    with open_runner(
        with_stored_file(store, spec, facts),
        facts,
        settings=store.settings,
        trusted=partial(is_trusted, store),
    ) as runner:
        return with_told_classes(spec, known=runner.classes)


def _measure_reference(
    store: Store, spec: Spec, facts: Mapping[str, Any]
) -> tuple[Spec, _Reference]:
    path, asked = Path(str(spec.reference_file)), spec
    table = open_table(path, name=path.name)
    frame = head(table)
    stored = with_stored_file(store, spec, facts)
    trusted = partial(is_trusted, store)
    with open_runner(stored, facts, settings=store.settings, trusted=trusted) as runner:
        # The model knows its inputs, and classes too rare for the reference to hold.
        spec = complete(spec, frame, inputs=runner.inputs, classes=runner.classes)
    contract = build_contract(spec, frame)
    check_methods(spec, contract)
    found = check(contract, spec, frame)
    if found.fatal:
        raise ContractError(f"The reference {path.name} cannot be used. {found.sentence}")
    stored = with_stored_file(store, spec, facts)
    with (
        store.files.scratch() as folder,
        open_runner(
            stored, facts, settings=store.settings, trusted=trusted, contract=contract
        ) as runner,
    ):
        repeated = verify_reference(runner, frame, spec=spec)
        layout = place_bins(table, runner, spec=spec, contract=contract)
        evaluation = evaluate(
            path,
            runner,
            spec=spec,
            contract=contract,
            layout=layout,
            keep=folder / "predictions.parquet",
        )
        kept = store.files.keep(folder / "predictions.parquet")
    bins = {one.name: one.bins for one in spec.sensitive}
    cuts = tuple(
        f"{said}: {grouping(frame[name], bins[name]).words}."
        for name, said in cuts_said(asked, spec)
    )
    return spec, _Reference(contract, layout, evaluation, kept, repeated.columns, cuts)


def _save(
    store: Store,
    spec: Spec,
    facts: Mapping[str, Any],
    reference: _Reference | None,
    *,
    stage: Stage,
    who: str,
    now: datetime,
) -> int:
    model = {
        "name": spec.name,
        "task": spec.task,
        "owner": spec.owner,
        "cadence": spec.cadence,
        "wait_days": spec.wait_days,
    }
    version = {
        "spec": spec_to_json(spec),
        "facts": dict(facts),
        "contract": reference.contract.to_json() if reference else None,
        "layout": reference.layout.to_json() if reference else None,
    }
    with store.write() as connection:
        model_id = writes.add_model(connection, model, now=now)
        version_id = writes.add_version(connection, model_id, version, stage=stage, now=now)
        if reference is not None:
            tally = reference.evaluation.tally
            parts = {"profiles": tally.profiles.to_bytes(), "outcomes": tally.outcomes.to_bytes()}
            results.save_tallies(connection, version_id, results.REFERENCE, parts)
            watched = default_rules(
                reference.layout,
                has_labels=spec.columns.target is not None,
                has_reference=True,
                profile=spec.drift.profile,
            )
            made = [rule.to_row() for rule in watched]
            rules.add(connection, model_id, made, who=who, now=now)
        number: int = rows.version(connection, version_id).number
        what = f"registered {spec.name} version {number} as {stage}"
        writes.audit(connection, who=who, what=what, now=now)
        check_kept(store, *(facts[name] for name in REFERENCE_FILES if name in facts))
    return number


def _notes(spec: Spec, reference: _Reference | None) -> list[str]:
    if reference is None:
        return ["No reference file: the first batch becomes the reference."]
    notes = [
        f"Reference of {reference.evaluation.service.rows:,} rows, "
        f"{len(spec.columns.features)} features."
    ]
    notes += [f"Groups of {one.name} are compared with {one.reference}." for one in spec.sensitive]
    notes += reference.cuts
    if reference.predictions_repeat:
        notes.append("Scoring the reference repeats the predictions stored in it.")
    unmonitored = reference.contract.unmonitored.items()
    notes += [f"Column {name} is not monitored: {reason}." for name, reason in unmonitored]
    return notes
