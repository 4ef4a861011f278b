"""A message's parts as plain text, as HTML that mail programs show, and as Slack blocks."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from monitor.alerts.message import SPARKLINE
from monitor.alerts.sparkline import HEIGHT, WIDTH
from monitor.alerts.words import mrkdwn
from monitor.terms import Verdict

_SLACK_FIELDS = 10  # Slack takes no more in one section
_SLACK_FIELD = 1900
_SLACK_HEADER = 150
_SLACK_LINK = 2500  # a section holds 3000 characters; half a link leads nowhere

_ICONS = {
    Verdict.FAILING: "✖",
    Verdict.AT_RISK: "▲",
    Verdict.HEALTHY: "✔",
    Verdict.NOT_ENOUGH_DATA: "○",
}
# White writing on each has a contrast of at least 4.5.
_COLOURS = {
    Verdict.FAILING: "#B42318",
    Verdict.AT_RISK: "#9A5B00",
    Verdict.HEALTHY: "#1A7F37",
    Verdict.NOT_ENOUGH_DATA: "#57606A",
}
_PLAIN_COLOUR = "#0A3A9E"
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"


@dataclass(frozen=True, slots=True)
class Letter:
    """The parts of a message before they have a form; all unescaped."""

    badge: str
    verdict: Verdict | None
    heading: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    next_step: str
    link: str
    pictured: bool

    @property
    def icon(self) -> str:
        return _ICONS[self.verdict] if self.verdict else "●"

    @property
    def colour(self) -> str:
        return _COLOURS[self.verdict] if self.verdict else _PLAIN_COLOUR


def text(letter: Letter) -> str:
    """For mail programs that show no HTML, and for people who read with their ears."""
    width = max((len(label) for label, _ in letter.facts), default=0)
    rows = [f"{label:<{width}}  {value}" for label, value in letter.facts]
    parts = [
        f"{letter.icon} {letter.badge} – {letter.heading}",
        letter.sentence,
        "\n".join(rows),
        f"Next: {letter.next_step}",
        f"Open this view: {letter.link}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def html(letter: Letter) -> str:
    """A page of its own: inline styles, no outside file, one picture sent along."""
    return (
        "<!doctype html>"
        '<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(letter.badge)} – {escape(letter.heading)}</title></head>"
        '<body style="margin:0;padding:16px;background:#FFFFFF;color:#1F2328;'
        f'{_FONT};font-size:15px;line-height:1.5">'
        '<div style="max-width:600px">'
        f'<p style="margin:0 0 8px"><span style="background:{letter.colour};color:#FFFFFF;'
        'border-radius:6px;padding:3px 10px;font-weight:600">'
        f"{letter.icon} {escape(letter.badge)}</span></p>"
        f'<h1 style="font-size:19px;margin:0 0 8px">{escape(letter.heading)}</h1>'
        f'<p style="margin:0 0 12px">{escape(letter.sentence)}</p>'
        f"{_picture(letter)}{_table(letter)}"
        f'<p style="margin:12px 0"><strong>Next:</strong> {escape(letter.next_step)}</p>'
        f'<p style="margin:0"><a href="{escape(letter.link)}" style="color:{_PLAIN_COLOUR};'
        'font-weight:600">Open this view</a></p>'
        "</div></body></html>\n"
    )


def _picture(letter: Letter) -> str:
    if not letter.pictured:
        return ""
    return (
        f'<p style="margin:0 0 12px"><img src="cid:{SPARKLINE}" width="{WIDTH}" height="{HEIGHT}" '
        'alt="The metric over the last batches, with its limit as a dashed line"></p>'
    )


def _table(letter: Letter) -> str:
    if not letter.facts:
        return ""
    rows = "".join(
        '<tr><th scope="row" style="text-align:left;font-weight:400;color:#57606A;'
        f'padding:2px 16px 2px 0;vertical-align:top;white-space:nowrap">{escape(label)}</th>'
        f'<td style="padding:2px 0">{escape(value)}</td></tr>'
        for label, value in letter.facts
    )
    return f'<table style="border-collapse:collapse;font-size:14px">{rows}</table>'


def blocks(letter: Letter) -> tuple[dict[str, Any], ...]:
    """Slack's Block Kit, within its limits on length and number."""
    header = f"{letter.icon} {letter.badge} – {letter.heading}"
    if len(header) > _SLACK_HEADER:
        header = f"{header[: _SLACK_HEADER - 1]}…"
    address = mrkdwn(letter.link, limit=len(letter.link) * 5)
    opening = f"<{address}|Open this view>" if len(address) < _SLACK_LINK else ""
    last = f"*Next:* {mrkdwn(letter.next_step)}\n{opening}"
    return (
        {"type": "header", "text": {"type": "plain_text", "text": header, "emoji": False}},
        _section(mrkdwn(letter.sentence)),
        *_fields(letter),
        _section(last),
    )


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _fields(letter: Letter) -> list[dict[str, Any]]:
    fields = [
        {"type": "mrkdwn", "text": f"*{mrkdwn(label)}*\n{mrkdwn(value, _SLACK_FIELD)}"}
        for label, value in letter.facts
    ]
    starts = range(0, len(fields), _SLACK_FIELDS)
    return [{"type": "section", "fields": fields[i : i + _SLACK_FIELDS]} for i in starts]
