from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from monitor.alerts.incidents import Event
from monitor.alerts.links import deep_link
from monitor.alerts.message import SPARKLINE
from monitor.alerts.messages import Sender, Story, compose, trial_message
from monitor.measures.measurement import Measurement
from monitor.terms import Severity, Verdict

EVIL = "<script>alert(1)</script>&\"'<!channel>\r\nBcc: everybody@example.com"


def composed(change, **more):
    given = {"model": "credit", "version": 3, "owner": "Risk", "base_url": "http://h"} | more
    suspects = given.pop("suspects", "")
    return compose([Story(change, 12, suspects=suspects)], Sender(**given))


class Page(HTMLParser):
    """The tags and the words of an HTML page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words += data


def test_a_message_carries_everything_in_text_html_and_slack(message):
    wanted = [
        "credit, version 3",
        "Selection rate ratio",
        "0.62",
        "0.80 to 1.25",
        "0.55 to 0.70",
        "female 842, male 1,158",
        "week-16, 21 Sep 2026 to 28 Sep 2026",
        "Critical",
        "Risk",
        "income (−12.0 pt of the gap).",
        "The model may disadvantage female.",
        "Assess whether",
    ]
    slack = str(message.blocks)
    words = Page(message.html).words
    for part in wanted:
        assert part in message.text
        assert part in words
        assert part in slack
    assert message.link in message.text
    assert message.subject == (
        "Critical – credit: Selection rate ratio, female against male (sex) "
        "0.62, limit 0.80 to 1.25"
    )


def test_the_first_link_opens_the_incident_with_its_action_ready(message):
    assert message.link == "http://127.0.0.1:8501/alerts?incident=12&do=acknowledge"


def test_a_recovery_opens_the_incident_with_nothing_to_do(gap):
    over = composed(replace(gap(), event=Event.RESOLVED))
    assert over.link == "http://h/alerts?incident=12"


def test_the_other_link_opens_exactly_the_view_the_message_speaks_of(message):
    address = next(w for w in message.text.split() if "/model?" in w)
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://127.0.0.1:8501/model"
    assert parse_qs(parts.query) == {
        "model": ["credit"],
        "section": ["fairness"],
        "attribute": ["sex"],
        "metric": ["demographic_parity_ratio"],
        "batch": ["week-16"],
    }


@pytest.mark.parametrize(
    ("m", "path", "section"),
    [
        (Measurement("accuracy", 0.5, 9), "/model", "performance"),
        (Measurement("recall", 0.5, 9, attribute="class", group="a"), "/model", "performance"),
        (Measurement("accuracy", 0.5, 9, attribute="sex", group="a"), "/model", "fairness"),
        (Measurement("drifted_columns", 3, 9), "/model", "drift"),
        (Measurement("missing_rate", 0.5, 9, feature="age"), "/model", "quality"),
        (Measurement("batch_overdue", 1, 0), "/batches", None),
    ],
)
def test_the_section_is_the_metrics(m, path, section):
    parts = urlsplit(deep_link("http://h/", model="credit", measurement=m, batch="b"))
    assert parts.path == path
    assert parse_qs(parts.query).get("section", [None]) == [section]


def test_estimates_stand_beside_what_they_estimate():
    for metric in ("estimated_accuracy", "realised_minus_estimated_accuracy"):
        m = Measurement(metric, 0.7, 900)
        assert "section=performance" in deep_link(
            "http://h", model="credit", measurement=m, batch=""
        )
    m = Measurement("estimated_accuracy", 0.7, 900, attribute="sex", group="f")
    assert "section=fairness" in deep_link("http://h", model="credit", measurement=m, batch="")


def test_names_come_through_a_link_unharmed():
    m = Measurement("missing_rate", 1.0, 9, feature="income & <b>=1 #ü+%")
    link = deep_link("http://h", model="a/b?c", measurement=m, batch="week 1")
    assert parse_qs(urlsplit(link).query) == {
        "model": ["a/b?c"],
        "section": ["quality"],
        "feature": ["income & <b>=1 #ü+%"],
        "metric": ["missing_rate"],
        "batch": ["week 1"],
    }
    assert not set(link) & set("<> \"|'")


def test_names_are_text_and_never_markup(gap, week):
    change = replace(gap(group=EVIL, reference=EVIL + "2"), batch=replace(week(1), name=EVIL))
    message = composed(change, model=EVIL, owner=EVIL, suspects=f"{EVIL} (PSI 0.3).")
    page = Page(message.html)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.words
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    for block in message.blocks:
        texts = [block["text"]] if "text" in block else block["fields"]
        for text in texts:
            if text["type"] == "mrkdwn":
                assert "<!channel>" not in text["text"]
                assert "<script>" not in text["text"]


def test_slack_blocks_stay_within_slacks_limits(gap, week):
    long = "&" * 400
    change = replace(gap(group=long, reference=long + "2"), batch=replace(week(1), name=long))
    message = composed(change, model=long, owner=long, suspects=long)
    assert len(message.subject) <= 200
    for block in message.blocks:
        if block["type"] == "header":
            assert len(block["text"]["text"]) <= 150
        elif "text" in block:
            assert len(block["text"]["text"]) <= 3000
        else:
            assert len(block["fields"]) <= 10
            assert all(len(field["text"]) <= 2000 for field in block["fields"])


def test_the_picture_is_left_out_where_there_is_no_history(message, gap):
    assert message.sparkline.startswith(b"\x89PNG")
    assert f"cid:{SPARKLINE}" in message.html
    bare = composed(gap())
    assert bare.sparkline == b""
    assert "<img" not in bare.html


def test_a_recovery_says_resolved_and_what_it_was(gap):
    opened = gap()
    well = replace(opened.measurement, value=0.95, verdict=Verdict.HEALTHY)
    change = replace(
        opened, event=Event.RESOLVED, measurement=well, previous=opened.measurement, sentence="."
    )
    message = composed(change)
    assert message.subject.startswith("Resolved – credit: ")
    assert "0.95 (was 0.62)" in message.text
    assert "the incident is closed" in message.text


def test_a_revision_says_to_what(gap):
    opened = gap()
    softer = replace(opened.measurement, verdict=Verdict.AT_RISK)
    change = replace(opened, event=Event.REVISED, measurement=softer, previous=opened.measurement)
    assert composed(change).subject.startswith("Revised to at risk – credit: ")


def test_what_it_was_on_the_reference_stands_beside_it(gap):
    change = gap()
    known = replace(change, measurement=replace(change.measurement, reference=0.97))
    assert "On the reference  0.97\n" in composed(known).text
    assert "On the reference" not in composed(change).text


def test_unknown_facts_are_left_out(gap, week):
    change = replace(gap(), batch=replace(week(1), name=""), sides=())
    message = composed(change, owner="")
    assert "Owner" not in message.text
    assert "Suspected causes" not in message.text
    assert "8 Jun 2026 to 15 Jun 2026" in message.text


def several(gap, count=30, **more):
    """As many stories of one batch, the first a warning."""
    opened = gap(**more)
    minor = replace(opened, severity=Severity.WARNING)
    stories = [Story(minor, 1), *(Story(opened, k) for k in range(2, count + 1))]
    model = more.get("group", "credit")
    return compose(stories, Sender(model, 3, "Risk", "http://h"), opening="One explains all.")


def test_several_are_one_message_whose_subject_is_the_worst(gap):
    message = several(gap)
    assert message.subject == (
        "Critical – credit: Selection rate ratio, female against male (sex) "
        "0.62, limit 0.80 to 1.25 (and 29 more)"
    )
    for said in (message.text, Page(message.html).words, str(message.blocks)):
        assert "One explains all." in said
        assert "30 alerts on batch week-16" in said
        assert "And 27 more" in said
        assert "7 more are on the page." in said
    linked = [f"incident={k}&do=acknowledge" for k in range(1, 24)]
    assert [link in message.text for link in linked] == [True] * 23
    assert "incident=24&" not in message.text
    assert len(message.payload["alerts"]) == 30


def test_each_line_says_its_rows(gap):
    *_, line = [one for one in several(gap).text.splitlines() if one.startswith("✖ Critical – S")]
    assert line.endswith("0.62, limit 0.80 to 1.25 (female 842, male 1,158 rows)")


def test_many_recoveries_are_a_list(gap):
    over = replace(gap(), event=Event.RESOLVED)
    sender = Sender("credit", 3, "Risk", "http://h")
    message = compose([Story(over, k) for k in range(1, 6)], sender)
    assert message.subject.startswith("Resolved – credit: ")
    assert "credit: 5 incidents resolved on batch week-16" in message.text
    assert "And 4 more" in message.text


def test_names_in_a_list_are_text_and_never_markup(gap):
    message = several(gap, group=EVIL, reference=EVIL + "2")
    assert "script" not in Page(message.html).tags
    assert "\n" not in message.subject
    for block in message.blocks:
        for said in [block["text"]] if "text" in block else block.get("fields", []):
            if said["type"] == "mrkdwn":
                assert "<!channel>" not in said["text"]
                assert "<script>" not in said["text"]


def test_a_list_of_long_names_stays_within_slacks_limits(gap):
    message = several(gap, group="&" * 400, reference="<" * 400)
    assert len(message.blocks) <= 50
    for block in message.blocks:
        if "text" in block:
            assert len(block["text"]["text"]) <= 3000
        assert all(len(part["text"]) <= 2000 for part in block.get("fields", []))


def test_a_subject_says_value_and_limit_however_long_the_names_are(gap):
    long = "x" * 300
    subject = composed(gap(group=long, reference=long), model=long).subject
    assert len(subject) <= 200
    assert subject.startswith("Critical – xxx")
    assert subject.endswith(" 0.62, limit 0.80 to 1.25")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Event.OPENED, "Critical – "),
        (Event.REOPENED, "Again critical – "),
        (Event.WORSENED, "Now critical – "),
        (Event.REVISED, "Revised, still critical – "),
        (Event.REMINDED, "Still critical – "),
        (Event.WOKEN, "Still critical – "),
        (Event.ESCALATED, "Not acknowledged: critical – "),
        (Event.ACKNOWLEDGED, "Acknowledged – "),
        (Event.RESOLVED, "Resolved – "),
    ],
)
def test_a_subject_begins_with_what_happened_and_how_severe_it_is(gap, event, said):
    assert composed(replace(gap(), event=event)).subject.startswith(f"{said}credit: ")


def test_what_somebody_is_on_asks_nobody_to_acknowledge_it(gap):
    message = composed(replace(gap(), event=Event.ACKNOWLEDGED))
    assert "do=acknowledge" not in message.text
    assert "somebody is on it" in message.text


def test_a_trial_message_says_that_it_is_one():
    message = trial_message("ops <b>", base_url="http://h/")
    assert message.subject == "Test – channel ops <b> works"
    assert message.link == "http://h/alerts"
    assert "<b>" not in message.html
