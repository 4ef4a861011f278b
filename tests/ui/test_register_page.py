"""Registering on the page: a reference is uploaded, its groups are confirmed, and it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from monitor.store import reads
from monitor.store.engine import Store
from tests.jobs.loans import csv, loans

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def form(store: Store, tmp_path: Path) -> AppTest:
    """The form with a reference of 1 500 loans in it."""
    app = AppTest.from_file(str(ROOT / "monitor" / "ui" / "shell.py"), default_timeout=60)
    app.switch_page("../../pages/settings.py")
    app.query_params["part"] = "models"
    app.run()
    named = {"answer": "prediction", "chance": "score", "repaid": "target"}
    content = csv(loans(1500).rename(columns=named), tmp_path / "loans.csv").read_bytes()
    app.file_uploader(key="reference").set_value(("loans.csv", content, "text/csv"))
    return app.run()


def field(app: AppTest, kind: str, label: str):
    return next(one for one in app.get(kind) if one.label == label)


def told(app: AppTest, name: str) -> str:
    texts = [str(one.value).replace("\\", "") for one in app.caption]
    return next(text for text in texts if text.startswith(f"{name}: "))


def test_groups_are_proposed_with_their_rows(form: AppTest) -> None:
    assert not form.exception
    assert field(form, "text_input", "Cut age at").value == "50"
    assert told(form, "age").startswith("age: <50 (")
    sizes = loans(1500)["sex"].value_counts()
    assert field(form, "selectbox", "Compare the groups of sex with").value == sizes.index[0]
    assert told(form, "sex") == ", ".join(
        [
            f"sex: {sizes.index[0]} ({sizes.iloc[0]} rows)",
            f"{sizes.index[1]} ({sizes.iloc[1]} rows)",
        ]
    )


def test_other_cuts_and_another_reference_group_are_registered(form: AppTest, store: Store) -> None:
    field(form, "text_input", "Cut age at").input("30, 60").run()
    assert told(form, "age").startswith("age: <30 (")
    group = field(form, "selectbox", "Compare the groups of age with")
    assert set(group.options) == {"<30", "30 to <60", "60+"}
    group.select("60+").run()
    form.multiselect(key="spec_favourable").select("1").run()
    form.button(key="register").click().run()
    assert (form.exception, form.error) == ([], [])
    spec = reads.versions(store, "loans")["spec"][0]
    assert spec["sensitive"]["age"] == {"reference": "60+", "bins": [30.0, 60.0]}
    said = "\n".join(str(one.value) for one in [*form.success, *form.markdown]).replace("\\", "")
    assert "age is cut at 30, 60: <30 (" in said


def test_cuts_that_cannot_be_are_said_in_a_sentence(form: AppTest) -> None:
    field(form, "text_input", "Cut age at").input("60, 30").run()
    assert not form.exception
    assert "write rising numbers" in form.error[0].value
