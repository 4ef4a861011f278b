"""What a person meets: a first start, an upload, a bad file, a link from an alert."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import ROOT, a_page, serving, settle, wait_until

pytestmark = pytest.mark.browser
SAMPLES = ROOT / "sample_data"


def test_after_the_demo_the_first_screen_says_who_needs_attention_and_why(
    demo: str, page: Page
) -> None:
    page.goto(demo)
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("need")
    expect(page.get_by_text("Models needing attention")).to_be_visible()
    expect(page.get_by_text("2 of 3")).to_be_visible()


def test_a_batch_is_uploaded_checked_scored_and_judged(demo: str, page: Page) -> None:
    page.goto(f"{demo}/batches?model=credit")
    settle(page)
    page.locator("input[type=file]").set_input_files(SAMPLES / "credit/one_more_week.parquet")
    expect(
        page.get_by_text("9 columns", exact=False).or_(page.get_by_text("columns"))
    ).not_to_have_count(0)
    button = page.locator(".st-key-send button")
    expect(button).to_be_visible()
    settle(page)
    page.locator(".st-key-batch_name input").fill("tuesday")
    page.locator(".st-key-batch_name input").press("Enter")
    settle(page)
    button.click()
    expect(page.get_by_role("link", name="See it")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("tuesday", exact=False).first).to_be_visible()


def test_the_same_file_again_is_said_to_be_known(demo: str, page: Page) -> None:
    page.goto(f"{demo}/batches?model=tickets")
    settle(page)
    page.locator("input[type=file]").set_input_files(SAMPLES / "tickets/batches/week-03.parquet")
    expect(page.get_by_text("These rows were received before, as week-03")).to_be_visible()


def test_a_truncated_file_gets_one_sentence_and_nothing_breaks(
    demo: str, page: Page, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes((SAMPLES / "credit/batches/week-01.parquet").read_bytes()[:5000])
    page.goto(f"{demo}/batches?model=credit")
    settle(page)
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("broken.parquet")
    expect(page.locator(".st-key-send button")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_file_without_a_needed_column_is_refused_by_name(
    demo: str, page: Page, tmp_path: Path
) -> None:
    import pandas as pd

    path = tmp_path / "no-income.csv"
    rows = pd.read_parquet(SAMPLES / "credit/batches/week-01.parquet").drop(columns="income")
    rows.to_csv(path, index=False)
    page.goto(f"{demo}/batches?model=credit")
    settle(page)
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_test_id("stAlert").first).to_contain_text("'income'")
    expect(page.locator(".st-key-send button")).to_have_count(0)


def test_a_deep_link_opens_the_guilty_view_on_a_cold_server(
    demo: str, demo_home: Path, browser: Browser, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    link = "/model?model=credit&section=fairness&attribute=sex&metric=demographic_parity_ratio"
    with serving(home) as address, a_page(browser) as page:
        page.goto(f"{address}{link}&batch=week-20")
        settle(page)
        expect(page.get_by_role("heading", name="credit")).to_be_visible()
        expect(page.get_by_text("female against male (sex)").first).to_be_visible()
        assert "section=fairness" in page.url


def test_an_unknown_model_is_said_to_be_unknown(demo: str, page: Page) -> None:
    page.goto(f"{demo}/model?model=nobody")
    settle(page)
    expect(page.get_by_text("No model called nobody")).to_be_visible()


def test_the_tiny_group_reads_not_judged(demo: str, page: Page) -> None:
    first = "batch=week-01"  # later ones are judged together with those before them
    page.goto(f"{demo}/model?model=tickets&section=fairness&attribute=language&{first}")
    settle(page)
    expect(page.get_by_text("not judged").first).to_be_visible()


def test_many_batches_together_name_the_gap_and_the_quiet_model_stays_quiet(
    demo: str, page: Page
) -> None:
    page.goto(f"{demo}/model?model=credit&section=evidence")
    settle(page)
    expect(page.get_by_text("Selection rate difference of female (sex)").first).to_be_visible()
    expect(page.get_by_role("heading", name="Has anything become worse?")).to_be_visible()
    page.locator(".st-key-pick_attribute").get_by_text("age", exact=True).click()
    expect(page).to_have_url(re.compile("attribute=age"))
    page.goto(f"{demo}/model?model=tickets&section=evidence")
    settle(page)
    expect(page.get_by_text("within its limit (at most 2,000)").first).to_be_visible()


def test_an_incident_is_acknowledged_from_a_link_and_resolved(demo: str, page: Page) -> None:
    page.goto(f"{demo}/alerts?incident=1&do=acknowledge")
    settle(page)
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(page.get_by_role("heading", name="Who was told")).to_be_visible()
    expect(page.get_by_text("Acknowledged by")).to_have_count(0)
    page.get_by_label("Note").fill("Looking at the income feed.")
    page.get_by_role("button", name="Acknowledge this incident").click()
    expect(page.get_by_text("Acknowledged by").first).to_be_visible()
    settle(page)
    page.locator(".st-key-pick_do").get_by_text("Resolve", exact=True).click()
    expect(page).to_have_url(re.compile("do=resolve"))
    page.get_by_role("button", name="Resolve this incident").click()
    expect(page.get_by_text("Resolved by").first).to_be_visible()


def test_a_rule_is_tried_while_it_is_edited_and_its_address_opens_it_again(
    demo: str, page: Page
) -> None:
    page.goto(
        f"{demo}/alerts?part=rules&model=credit&rule=new&metric=demographic_parity_difference"
    )
    settle(page)
    page.get_by_role("button", name="Open it").click()
    expect(page.get_by_role("heading", name="Selection rate difference: sex")).to_be_visible()
    expect(page).to_have_url(re.compile(r"rule=\d"))
    expect(page.get_by_text("Would have fired once in the last").first).to_be_visible()
    page.get_by_label("At least (pt)").fill("-50")
    page.get_by_label("At least (pt)").press("Enter")
    expect(page.get_by_text("Would not have fired in the last").first).to_be_visible()
    expect(page.get_by_text("As it is stored: Would have fired once").first).to_be_visible()
    page.reload()
    settle(page)
    expect(page.get_by_role("heading", name="Selection rate difference: sex")).to_be_visible()


def test_the_old_address_of_the_channels_leads_to_alerts_where_a_test_is_answered(
    demo: str, page: Page
) -> None:
    page.goto(f"{demo}/settings?part=channels")
    expect(page).to_have_url(re.compile(r"/alerts\?part=channels"))
    settle(page)
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_text("took a test message; the answer was: written as")).to_be_visible()


def test_the_demos_alert_went_out_with_links_to_the_incident_and_the_guilty_view(
    demo: str, demo_home: Path, page: Page
) -> None:
    wait_until(lambda: bool(mails(demo_home, about="Critical – credit")), seconds=30)
    body = mails(demo_home, about="Critical – credit")[0].get_body(("plain",))
    assert body is not None
    links = [word for word in body.get_content().split() if word.startswith(demo)]
    page.goto(links[0])
    settle(page)
    assert "do=acknowledge" in links[0]
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    page.goto(next(link for link in links if "/model?" in link))
    settle(page)
    expect(page.get_by_role("heading", name="credit")).to_be_visible()
    expect(page.get_by_text("female against male (sex)").first).to_be_visible()


def mails(home: Path, *, about: str) -> list[EmailMessage]:
    """Those in the demo's mailbox with that word in their subject."""
    found = map(Path.read_bytes, home.glob("mail/new/*"))
    letters = [email.message_from_bytes(one, policy=email.policy.default) for one in found]
    return [letter for letter in letters if about in str(letter["Subject"])]
