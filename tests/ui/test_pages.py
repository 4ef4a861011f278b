"""Every page: empty, with one row, with the story, and with nonsense in the address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert, select, update
from streamlit.testing.v1 import AppTest

from monitor.alerts.rule import Against
from monitor.measures.measurement import Measurement
from monitor.store import pauses, reads, row_files, rows, rules, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import Stage, Verdict
from monitor.ui.view import SECTIONS
from tests.ui.conftest import FIRST, SPEC, add_model, healthy

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("overview", "model", "alerts", "batches", "settings")
PARTS = ("models", "system")
ALERTS = ("inbox", "rules", "pauses", "channels", "noise")
NONSENSE = {
    "section": "<script>", "attribute": "'; drop table models", "metric": "no_such_metric",
    "feature": "\\u0000", "batch": "../../etc", "window": "-5d", "incident": "-1", "part": "x",
    "shown": "??", "group": "x" * 5000,
}  # fmt: skip

Open = Callable[..., AppTest]


@pytest.fixture
def open_page(home: Path) -> Open:
    """Runs the shell on one page of one address."""

    def opened(page: str, **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "monitor" / "ui" / "shell.py"), default_timeout=30)
        app.switch_page(f"../../pages/{page}.py")
        for name, value in address.items():
            app.query_params[name] = value
        return app.run()

    return opened


def well(app: AppTest) -> bool:
    """Nothing raised, and no error card."""
    assert not app.exception, app.exception
    assert not app.error, [e.value for e in app.error]
    return True


def text(app: AppTest) -> str:
    """Everything that is said on the page, without the backslashes of markdown."""
    said = [*app.title, *app.header, *app.markdown, *app.caption, *app.warning]
    return "\n".join(str(element.value) for element in said).replace("\\", "")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_shows_what_to_do_first(open_page: Open, store: Store, page: str) -> None:
    app = open_page(page)
    assert well(app)
    wanted = {"alerts": "Nothing has fired", "settings": "Register a model"}
    assert wanted.get(page, "Nothing is being watched yet") in text(app)


@pytest.mark.parametrize("page", PAGES)
def test_one_row_is_enough(open_page: Open, one_row: Store, page: str) -> None:
    assert well(open_page(page))


@pytest.mark.parametrize("section", SECTIONS)
def test_one_row_is_enough_for_every_section(open_page: Open, one_row: Store, section: str) -> None:
    assert well(open_page("model", section=section))


def test_another_version_is_made_champion(open_page: Open, one_row: Store) -> None:
    with one_row.write() as connection:
        version = {"spec": {**SPEC, "name": "credit"}, "facts": {}}
        writes.add_version(connection, 1, version, stage=Stage.CHALLENGER, now=FIRST)
    app = open_page("model", section="versions")
    assert well(app)
    app.text_input(key="reason").input("fewer mistakes")
    assert well(app.button(key="promote").click().run())
    assert list(reads.versions(one_row, "credit")["stage"]) == ["champion", "retired"]


@pytest.mark.parametrize("page", PAGES)
def test_nonsense_in_the_address_falls_back(open_page: Open, story: Store, page: str) -> None:
    assert well(open_page(page, **NONSENSE))


@pytest.mark.parametrize("section", SECTIONS)
def test_nonsense_falls_back_in_every_section(open_page: Open, story: Store, section: str) -> None:
    assert well(open_page("model", **{**NONSENSE, "section": section}))


@pytest.mark.parametrize("page", ["model", "batches"])
def test_an_unknown_model_is_a_page_of_its_own(open_page: Open, story: Store, page: str) -> None:
    app = open_page(page, model="<b>nope</b>")
    assert well(app)
    assert "No model called <b>nope</b>" in text(app)
    assert not app.selectbox


def test_the_overview_names_the_worst_model_first(open_page: Open, story: Store) -> None:
    app = open_page("overview")
    assert well(app)
    assert app.title[0].value == "credit needs you first"
    assert app.dataframe[0].value["Model"].tolist() == ["credit", "routing", "claims"]
    assert app.dataframe[0].value["Status"].iloc[0] == "◆ Failing"


def test_the_overview_shows_the_worst_gap_beside_its_limit(open_page: Open, story: Store) -> None:
    cards = {metric.label: metric for metric in open_page("overview").metric}
    assert cards["Worst gap between groups"].value == "−17.0 pt"
    assert "limit −10.0 pt" in cards["Worst gap between groups"].delta.replace("\\", "")
    assert cards["Models needing attention"].value == "1 of 3"


def test_a_model_has_a_line_for_each_concern(open_page: Open, story: Store) -> None:
    said = text(open_page("model", model="credit"))
    assert "Accuracy: 86.1 % (95 % interval" in said
    assert "female 46.0 % (888 rows) and male 63.0 % (1,100 rows)" in said
    assert "2 of 7 columns drifted" in said
    assert "Missing values in income" in said


def test_a_model_that_fails_says_why(open_page: Open, story: Store) -> None:
    why = reads.models(story).set_index("model").loc["credit", "why"]
    assert why in text(open_page("model", model="credit"))


def test_a_newest_batch_that_is_too_small_is_not_called_healthy(
    open_page: Open, store: Store
) -> None:
    add_model(store, "tiny", weeks=2, measure=tiny)
    said = text(open_page("model", model="tiny"))
    assert "Only 50 rows; 200 are needed." in said
    assert "columns drifted" not in said
    assert "None of 1 limits is broken; for 1 more there is not enough data." in said


def tiny(week: int) -> list[Measurement]:
    """A good week, then one of 50 rows."""
    if week == 0:
        return healthy(week)
    none, psi = Verdict.NOT_ENOUGH_DATA, Measurement("psi", 0.45, 50, feature="income")
    return [
        Measurement(
            "drifted_columns", None, 50, verdict=none, reason="Only 50 rows; 200 are needed."
        ),
        Measurement("missing_rate", 0.0, 50, feature="income", verdict=Verdict.HEALTHY),
        Measurement("missing_rate", None, 50, feature="age", verdict=none, reason="Gone."),
        psi,
    ]


def test_the_address_opens_the_very_view(open_page: Open, story: Store) -> None:
    app = open_page("model", model="credit", section="drift", feature="debt", batch="week-12")
    assert well(app)
    chosen = {box.label: box.value for box in app.selectbox}
    assert chosen["Column"] == "debt"
    assert chosen["Batch"] == "week-12"


def test_a_rate_in_the_address_chooses_its_comparison(open_page: Open, story: Store) -> None:
    app = open_page("model", model="credit", section="fairness", metric="selection_rate")
    chosen = {box.label: box.value for box in app.selectbox}
    assert chosen["Compared by"] == "demographic_parity_difference"


def test_a_choice_rewrites_the_address(open_page: Open, story: Store) -> None:
    app = open_page("model", model="credit", section="drift")
    app.selectbox(key="pick_feature").select("debt").run()
    assert app.query_params["feature"] == "debt"
    assert app.selectbox(key="pick_feature").value == "debt"


def test_a_tiny_group_is_named_and_not_judged(open_page: Open, story: Store) -> None:
    app = open_page("model", model="credit", section="fairness")
    table = app.dataframe[0].value
    other = table[(table["Group"] == "other") & (table["Metric"] == "Selection rate difference")]
    assert other["Verdict"].tolist() == ["○ Not enough data"]
    assert "12 rows" in other["Why"].iloc[0]


def test_a_model_without_batches_says_what_to_do(open_page: Open, story: Store) -> None:
    app = open_page("model", model="claims")
    assert well(app)
    assert "No batch has been scored yet" in text(app)


def test_the_inbox_counts_and_lists(open_page: Open, story: Store) -> None:
    app = open_page("alerts")
    assert well(app)
    assert app.metric[0].value == "1"
    assert app.dataframe[0].value["What"].tolist() == ["Selection rate difference: sex, female"]
    assert app.dataframe[0].value["Told"].tolist() == ["team"]


def test_the_inbox_names_the_likely_cause_of_what_broke_with_it(
    open_page: Open, story: Store
) -> None:
    with story.write() as connection:
        connection.execute(update(t.incidents).values(opened_batch_id=17))
        first = dict(connection.execute(select(t.incidents)).mappings().one())
        facts = {**first["facts"], "metric": "missing_rate", "feature": "income"}
        facts |= {"attribute": "", "group": "", "value": 0.3, "limit": 0.05}
        other = {**first, "id": 2, "rule_id": 3, "facts": facts}
        connection.execute(insert(t.incidents).values(other))
    app = open_page("alerts")
    table = app.dataframe[0].value.set_index("What")["Likely cause"]
    assert table["Selection rate difference: sex, female"] == "Missing values: income"
    assert table["Missing values: income"] == "–"
    shown = text(open_page("alerts", incident="1"))
    assert "Likely cause: Missing values in income 30.0 %" in shown


def test_an_incident_is_acknowledged_with_a_note(open_page: Open, story: Store) -> None:
    app = open_page("alerts", incident="1", do="acknowledge")
    assert well(app)
    app.text_input(key="note").input("on it").run()
    app.button(key="act").click().run()
    assert well(app)
    assert reads.incidents(story)["state"].tolist() == ["acknowledged"]
    assert reads.incident_events(story, 1)["sentence"].iloc[-1].endswith("on it")


@pytest.mark.parametrize("do", ["acknowledge", "resolve", "snooze", "assign", "reopen", "??"])
def test_a_visit_never_acts_by_itself(open_page: Open, story: Store, do: str) -> None:
    before = reads.revision(story)
    assert well(open_page("alerts", incident="1", do=do))
    assert (reads.revision(story), len(reads.incident_events(story, 1))) == (before, 1)


def test_an_incident_is_given_to_somebody(open_page: Open, story: Store) -> None:
    app = open_page("alerts", incident="1", do="assign")
    app.text_input(key="assign_to").input("Grace").run()
    assert well(app.button(key="act").click().run())
    assert reads.incidents(story)["owner"].tolist() == ["Grace"]
    assert "Grace" in text(app)


def test_an_incident_is_silent_until_an_instant(open_page: Open, story: Store) -> None:
    app = open_page("alerts", incident="1", do="snooze")
    app.date_input(key="snooze_day").set_value(date(2030, 1, 2)).run()
    assert well(app.button(key="act").click().run())
    assert reads.incidents(story)["snoozed_until_at"].tolist() == [
        pd.Timestamp("2030-01-02 09:00", tz="UTC")
    ]
    assert "silent until 2 Jan 2030 09:00" in text(app)


def test_a_snooze_that_is_over_already_is_refused(open_page: Open, story: Store) -> None:
    app = open_page("alerts", incident="1", do="snooze")
    app.date_input(key="snooze_day").set_value(date(2020, 1, 2)).run()
    app.button(key="act").click().run()
    assert "must end in the future" in app.error[0].value


def test_a_resolved_incident_can_only_be_noted_and_reopened(open_page: Open, story: Store) -> None:
    app = open_page("alerts", incident="1", do="resolve")
    app.button(key="act").click().run()
    assert well(app)
    assert app.segmented_control(key="pick_do").options == ["Write a note", "Reopen"]
    app.segmented_control(key="pick_do").select("reopen").run()
    assert well(app.button(key="act").click().run())
    assert reads.incidents(story)["state"].tolist() == ["open"]
    assert app.segmented_control(key="pick_do").options[0] == "Acknowledge"


def test_an_open_incident_says_what_could_be_done_and_recommends_one(
    open_page: Open, story: Store
) -> None:
    app = open_page("alerts", incident="1")
    assert well(app)
    assert text(app).count("Recommended") == 1
    assert "Change the limit" in text(app)


def test_people_say_whether_it_was_worth_being_told(open_page: Open, story: Store) -> None:
    app = open_page("alerts", incident="1")
    assert well(app.button(key="unhelpful").click().run())
    assert reads.incidents(story)["helpful"].tolist() == [0]
    assert app.button(key="unhelpful").disabled


def test_an_unknown_incident_is_said_to_be(open_page: Open, story: Store) -> None:
    assert "No incident 99" in text(open_page("alerts", incident="99"))


def test_batches_are_listed_with_their_labels(open_page: Open, story: Store) -> None:
    app = open_page("batches", model="credit")
    assert well(app)
    table = app.dataframe[0].value
    assert len(table) == 26
    assert table["Labels"].iloc[0] == 0.0
    assert table["Verdict"].iloc[0] == "◆ Failing"


def test_a_batch_says_when_and_why_its_rows_were_deleted(open_page: Open, story: Store) -> None:
    newest = int(reads.batches(story, "routing")["id"].iloc[0])
    at = datetime(2027, 3, 1, tzinfo=UTC)
    with story.write() as connection:
        batch = rows.batch(connection, newest)
        row_files.delete_rows(connection, batch, why="rows are kept for 90 days", now=at)
    said = "Rows deleted 1 Mar 2027: rows are kept for 90 days"
    listed = open_page("batches", model="routing")
    assert listed.dataframe[0].value["Notes"].iloc[0].startswith(said)
    drift = open_page("model", model="routing", section="drift")
    assert f"{said}; no report can be made of them." in text(drift)
    assert well(drift)


def test_a_batch_can_be_deleted(open_page: Open, story: Store) -> None:
    app = open_page("batches", model="routing")
    app.button(key="delete").click().run()
    assert well(app)
    assert len(reads.batches(story, "routing")) == 25


@pytest.mark.parametrize("part", PARTS)
def test_every_part_of_the_settings_is_drawn(open_page: Open, story: Store, part: str) -> None:
    assert well(open_page("settings", part=part))


@pytest.mark.parametrize("part", ALERTS)
def test_every_part_of_the_alerts_is_drawn(open_page: Open, story: Store, part: str) -> None:
    assert well(open_page("alerts", part=part))


@pytest.mark.parametrize(("old", "new"), [("limits", "rules"), ("channels", "channels")])
def test_what_moved_from_the_settings_is_found_by_its_old_address(
    open_page: Open, story: Store, old: str, new: str
) -> None:
    app = open_page("settings", part=old)
    assert well(app)
    assert (app.title[0].value, app.query_params["part"]) == ("Alerts", new)


def test_rules_are_listed_in_words(open_page: Open, story: Store) -> None:
    table = open_page("alerts", part="rules", model="credit").dataframe[0].value
    assert table["Rule"].tolist() == [
        "Accuracy", "Selection rate difference: sex", "Missing values: every column",
    ]  # fmt: skip
    assert table["Allowed"].iloc[0] == "at least 80.0 %"


def test_a_changed_limit_is_a_version_with_its_reason(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="1")
    assert well(app)
    assert app.button(key="save_rule").disabled
    app.number_input(key="rule_low_ABSOLUTE_1_1").set_value(75.0).run()
    app.text_input(key="rule_note_1_1").input("too narrow for small batches").run()
    assert well(app.button(key="save_rule").click().run())
    newest = rules.versions(story, 1)[0]
    assert (newest["version"], newest["definition"]["low"]) == (2, 0.75)
    assert newest["note"] == "too narrow for small batches"
    assert app.dataframe[0].value["Allowed"].tolist() == ["at least 75.0 %", "at least 80.0 %"]


def test_a_rule_is_added_about_what_is_measured(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="new", metric="ks")
    assert well(app)
    assert app.button(key="save_rule").disabled
    app.selectbox(key="pick_feature").select("income").run()
    assert app.query_params["feature"] == "income"
    app.number_input(key="rule_high_ABSOLUTE_ks_income__").set_value(0.3).run()
    assert well(app.button(key="save_rule").click().run())
    assert app.title[0].value.endswith(": income")
    added = reads.rules(story, "credit").iloc[-1]
    assert (added["metric"], added["feature"], added["high"]) == ("ks", "income", 0.3)


def test_a_rule_that_is_there_already_is_not_added_twice(open_page: Open, story: Store) -> None:
    address = {"metric": "missing_rate", "feature": "*"}
    app = open_page("alerts", part="rules", model="credit", rule="new", **address)
    assert well(app)
    assert "There is such a rule already" in app.info[0].value
    assert [button.label for button in app.button] == ["All rules", "Open it"]
    assert well(app.button[1].click().run())
    assert app.query_params["rule"] == "3"


def test_limits_held_against_something_else_start_empty(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="1")
    app.selectbox(key="rule_against_1_1").select(Against.TRAILING).run()
    assert app.number_input(key="rule_low_TRAILING_1_1").value is None
    assert app.number_input(key="rule_trailing_1_1").value == 8


def test_limits_the_wrong_way_round_cannot_be_saved(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="2")
    app.number_input(key="rule_low_ABSOLUTE_2_1").set_value(20.0).run()
    assert "not below the upper limit" in app.error[0].value
    assert app.button(key="save_rule").disabled


def test_a_rule_is_tried_on_every_batch_before_it_is_saved(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="1")
    assert "Would not have fired in the last 26 batches." in text(app)
    app.number_input(key="rule_low_ABSOLUTE_1_1").set_value(90.0).run()
    assert well(app)
    assert "Would have fired once in the last 26 batches: 18 May 2026 (still open)." in text(app)
    assert "As it is stored: Would not have fired" in text(app)


def test_a_rule_is_tried_against_damage_when_somebody_asks(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="1")
    assert "caught" not in text(app)
    app.button(key="try_damage").click().run(timeout=120)
    assert well(app)
    assert "Accuracy 3 points lower from" in text(app)


def test_an_unknown_rule_shows_the_list(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="rules", model="credit", rule="99")
    assert well(app)
    assert app.title[0].value == "Alerts"


def test_a_noisy_rule_gets_a_quieter_one_with_its_reason(open_page: Open, story: Store) -> None:
    narrow = {"low": 0.8515, "conditions": {"evidence": "value"}}
    rules.save(story, 1, narrow, who="Ada", now=FIRST)
    with story.write() as connection:
        connection.execute(update(t.incidents).values(helpful=0, rule_id=1))
    app = open_page("alerts", part="noise", model="credit")
    assert well(app)
    assert "Fired 1 time: 1 called unhelpful." in text(app)
    apply = next(button for button in app.button if button.label == "Apply this change")
    assert well(apply.click().run())
    newest = rules.versions(story, 1)[0]
    assert newest["note"].startswith("Noise, too narrow a limit: ")
    assert newest["definition"]["low"] < 0.8515


def test_a_pause_is_added_and_removed(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="pauses")
    app.text_input(key="pause_name").input("Nights").run()
    app.selectbox(key="pause_model").select("credit").run()
    app.selectbox(key="pause_rule_credit").select(1).run()
    app.selectbox(key="pause_repeats").select("daily").run()
    assert well(app.button(key="add_pause").click().run())
    kept = pauses.pauses(story).iloc[0]
    assert (kept["model"], kept["metric"], kept["repeats"]) == ("credit", "accuracy", "daily")
    assert kept["ends_at"] - kept["starts_at"] == timedelta(hours=9)
    assert "for credit: Accuracy, every day as on" in text(app)
    assert well(app.button(key="remove_pause_1").click().run())
    assert pauses.pauses(story).empty


def test_a_pause_that_ends_before_it_begins_is_refused(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="pauses")
    app.text_input(key="pause_name").input("Nights").run()
    app.date_input(key="pause_last_day").set_value(date(2020, 1, 1)).run()
    app.button(key="add_pause").click().run()
    assert "ends before it begins" in app.error[0].value
    assert pauses.pauses(story).empty


def test_a_channel_that_cannot_work_is_refused_in_words(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="channels")
    app.text_input(key="channel_name").input("ops")
    app.button[-1].click().run()
    assert not app.exception
    assert app.error
    assert reads.channels(story)["name"].tolist() == ["team"]


def test_a_webhook_is_added_without_its_secret(open_page: Open, story: Store) -> None:
    app = open_page("alerts", part="channels")
    app.segmented_control(key="channel_kind").select("webhook").run()
    app.text_input(key="channel_name").input("pager")
    app.text_input(key="channel_webhook_url").input("https://hooks.example.org/fairwatch")
    app.text_input(key="channel_webhook_secret").input("${HOOK_SECRET}")
    app.button[-1].click().run()
    assert well(app)
    saved = reads.channels(story).set_index("name").loc["pager"]
    assert saved["config"] == {
        "url": "https://hooks.example.org/fairwatch", "secret": "${HOOK_SECRET}",
    }  # fmt: skip


@pytest.mark.parametrize("part", ALERTS)
def test_a_channel_that_is_down_is_red_in_every_part_of_the_alerts(
    open_page: Open, story: Store, part: str
) -> None:
    with story.write() as connection:
        failing = {"failing_since": FIRST, "error": "451 greylisted", "waits_until": FIRST}
        connection.execute(update(t.channels).values(**failing))
    app = open_page("alerts", part=part)
    assert not app.exception
    assert "451 greylisted" in app.error[0].value


def test_a_channel_is_added(open_page: Open, story: Store, tmp_path: Path) -> None:
    app = open_page("alerts", part="channels")
    app.segmented_control(key="channel_kind").select("folder").run()
    app.text_input(key="channel_name").input("ops")
    app.text_input(key="channel_folder_path").input(str(tmp_path / "mail"))
    app.button[-1].click().run()
    assert well(app)
    assert reads.channels(story)["name"].tolist() == ["ops", "team"]
