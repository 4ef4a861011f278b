"""Registering a model: upload its reference, confirm what was derived, answer the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from monitor.errors import FairwatchError
from monitor.terms import Cadence, Task
from monitor.ui import actions, errors, links
from monitor.ui.markdown import escape
from monitor.ui.sections import groups
from monitor.ui.spec_form import ROLES, Answers, compared, outcome_columns, to_spec

if TYPE_CHECKING:
    from monitor.models.spec import Spec
    from monitor.models.suggest import Suggestion

REFERENCES = ["csv", "gz", "parquet", "jsonl", "xlsx"]
MODEL_FILES = ["joblib", "pkl", "pickle", "skops", "onnx"]
TASK_WORDS = {
    Task.BINARY: "one of two classes",
    Task.MULTICLASS: "one of several classes",
    Task.REGRESSION: "a number",
}
REGISTERED = "registered"  # what the next page says first


def show(models: pd.DataFrame) -> None:
    """The models there are, and the form for another."""
    for row in models.to_dict("records"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{escape(row['model'])}** {escape(row['task'])}, version {row['version']}"
            )
            links.link("Open", "model", model=row["model"])
    st.header("Register a model")
    st.caption(
        "The same name registers a new version. What is derived from the file is shown for you to "
        "confirm; nothing is kept until you register."
    )
    left, right = st.columns(2)
    reference = left.file_uploader(
        "Reference: the rows it was validated on, with predictions or with labels",
        type=REFERENCES,
        key="reference",
    )
    model_file = right.file_uploader(
        "Model file, if Fairwatch should make the predictions (else they are in each batch)",
        type=MODEL_FILES,
        key="model_file",
    )
    if reference is not None:
        _guarded(reference, model_file)


def _guarded(reference: Any, model_file: Any) -> None:
    try:
        _confirm(_suggested(reference), reference, model_file)
    except FairwatchError as error:
        errors.show(error)


def _suggested(
    reference: Any, *, roles: Mapping[str, str] | None = None, task: Task | None = None
) -> Suggestion:
    """Once for each answer, not once a rerun; answers about another file are forgotten."""
    question = (tuple(sorted((roles or {}).items())), task)
    of_file, known = st.session_state.get("suggested", (None, {}))
    if of_file != reference.file_id:
        known = {}
    if question not in known:
        with st.spinner("Looking at every column …"):
            known[question] = actions.suggest(reference, roles=roles, task=task)
    st.session_state["suggested"] = (reference.file_id, known)
    found: Suggestion = known[question]
    return found


def _confirm(first: Suggestion, reference: Any, model_file: Any) -> None:
    """The table keeps the first guess below what is corrected; the rest follows the table."""
    from monitor.models.suggest import WHAT_PREDICTS

    questions = st.container()
    st.markdown("**What the columns seem to be** – correct what is wrong.")
    table = st.data_editor(
        _table(first),
        key=f"roles_{reference.file_id}",
        hide_index=True,
        disabled=["column", "kind", "why"],
        column_config={
            "column": "Column",
            "kind": "Kind",
            "role": st.column_config.SelectboxColumn("Role", options=list(ROLES)),
            "sensitive": st.column_config.CheckboxColumn("Compare its groups"),
            "why": "Why",
        },
        alt="Columns with their guessed roles.",
    )
    found = _corrected(reference, outcome_columns(table))
    open_ones = [q for q in found.questions if model_file is None or q != WHAT_PREDICTS]
    asked = "".join(f"\n- {escape(question)}" for question in open_ones)
    if asked:
        questions.info(f"**Only you can say:**{asked}", icon=":material/help:")
    answers = replace(_ask(found.spec), sensitive=groups.ask(reference, compared(table)))
    trust = model_file is not None and _trusted(model_file.name)
    if st.button("Register", type="primary", key="register"):
        spec = to_spec(found.spec, table, answers)
        with st.spinner("Checking the reference and measuring it …"):
            done = actions.register(spec, reference=reference, model_file=model_file, trust=trust)
        st.session_state[REGISTERED] = (done.sentence, done.notes)
        links.go("batches", model=spec.name)


def _corrected(reference: Any, roles: Mapping[str, str]) -> Suggestion:
    """The guess that follows from the columns, and from the task, that a person has named."""
    found = _suggested(reference, roles=roles)
    tasks = list(TASK_WORDS)
    task = st.columns(4)[0].selectbox(
        "It predicts",
        tasks,
        index=tasks.index(found.spec.task),
        format_func=TASK_WORDS.__getitem__,
        key=f"spec_task_{'_'.join(roles.values())}",
    )
    return found if task == found.spec.task else _suggested(reference, roles=roles, task=task)


def _table(found: Suggestion) -> pd.DataFrame:
    sensitive = {one.name for one in found.spec.sensitive}
    inputs = set(found.spec.columns.features)
    return pd.DataFrame(
        {
            "column": [guess.name for guess in found.columns],
            "kind": [str(guess.kind) for guess in found.columns],
            "role": ["feature" if g.name in inputs else _role(g.role) for g in found.columns],
            "sensitive": [guess.name in sensitive for guess in found.columns],
            "why": [guess.why for guess in found.columns],
        }
    )


def _role(role: str) -> str:
    return role if role in ROLES else ""


def _trusted(name: str) -> bool:
    if name.endswith((".skops", ".onnx")):
        return False
    return st.checkbox(
        "I know where this model file comes from: opening a pickle runs whatever code is in it.",
        key="trust",
    )


def _ask(guess: Spec) -> Answers:
    first, second, third, fourth = st.columns(4)
    name = first.text_input("Name", value=guess.name, key="spec_name")
    owner = second.text_input("Owner", value=guess.owner, key="spec_owner")
    cadence = third.selectbox(
        "One batch a", list(Cadence), index=list(Cadence).index(guess.cadence), key="spec_cadence"
    )
    assert cadence is not None  # one is chosen from the start
    wait = fourth.number_input(
        "Labels come after (days)", 0, 3650, guess.wait_days, key="spec_wait"
    )
    positive, favourable, span, threshold = _outcome(guess)
    return Answers(name, owner, cadence, int(wait), positive, favourable, span, threshold)


def _outcome(
    guess: Spec,
) -> tuple[str | None, tuple[str, ...], tuple[float, float] | None, float]:
    """Which outcome is good for the person: never assumed."""
    if guess.task is Task.REGRESSION:
        first, second, _ = st.columns(3)
        low = first.number_input("Favourable from", value=None, key="spec_low")
        high = second.number_input("Favourable to", value=None, key="spec_high")
        return None, (), None if low is None or high is None else (low, high), 0.5
    first, second, third = st.columns(3)
    positive, threshold = None, 0.5
    classes = list(guess.classes)
    if guess.task is Task.BINARY:
        at = classes.index(guess.outcome.positive) if guess.outcome.positive in classes else None
        positive = first.selectbox("Positive class", classes, index=at, key="spec_positive")
        threshold = third.number_input("Decision threshold", 0.0, 1.0, 0.5, key="spec_threshold")
    favourable = second.multiselect(
        "Favourable for the person", classes, list(guess.outcome.favourable), key="spec_favourable"
    )
    return positive, tuple(favourable), None, threshold
