"""A letter as plain text, as HTML that mail programs show, and as Slack blocks."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from monitor.alerts.letter import Badge, Letter, Line, Link, Part
from monitor.alerts.message import SPARKLINE
from monitor.alerts.sparkline import HEIGHT, WIDTH
from monitor.alerts.words import mrkdwn

_SLACK_FIELDS = 10  # Slack takes no more in one section
_SLACK_FIELD = 1900
_SLACK_HEADER = 150
_SLACK_LINK = 2500  # a section holds 3000 characters; half a link leads nowhere
_SLACK_LINES = 2900

_LINK_COLOUR = "#0A3A9E"
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"


def text(letter: Letter) -> str:
    """For mail programs that show no HTML, and for people who read with their ears."""
    paragraphs = [f"{letter.badge.text} – {letter.heading}", letter.opening]
    for part in letter.parts:
        paragraphs += _part_text(part, titled=not letter.alone)
    if letter.rest:
        paragraphs += [f"{letter.rest_title}:", "\n".join(map(_line_text, letter.rest))]
    return "\n\n".join(filter(None, [*paragraphs, letter.unsaid])) + "\n"


def _part_text(part: Part, *, titled: bool) -> list[str]:
    width = max((len(label) for label, _ in part.facts), default=0)
    return [
        f"{part.badge.text} – {part.heading}" if titled else "",
        part.sentence,
        "\n".join(f"{label:<{width}}  {value}" for label, value in part.facts),
        f"Next: {part.next_step}" if part.next_step else "",
        "\n".join(f"{link.label}: {link.address}" for link in part.links),
    ]


def _line_text(line: Line) -> str:
    return f"{line.badge.text} – {line.words}\n  {line.link.address}"


def html(letter: Letter) -> str:
    """A page of its own: inline styles, no outside file, one picture sent along."""
    parts = "".join(
        _part_html(part, titled=not letter.alone, pictured=letter.pictured and not place)
        for place, part in enumerate(letter.parts)
    )
    opening = _paragraph(escape(letter.opening)) if letter.opening else ""
    return (
        "<!doctype html>"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(letter.badge.word)} – {escape(letter.heading)}</title></head>"
        '<body style="margin:0;padding:16px;background:#FFFFFF;color:#1F2328;'
        f'{_FONT};font-size:16px;line-height:1.5">'
        '<div style="max-width:600px;overflow-wrap:anywhere">'
        f"{_paragraph(_badge_html(letter.badge))}"
        f'<h1 style="font-size:20px;line-height:1.3;margin:0 0 8px">{escape(letter.heading)}</h1>'
        f"{opening}{parts}{_rest_html(letter)}"
        "</div></body></html>\n"
    )


def _paragraph(inner: str) -> str:
    return f'<p style="margin:0 0 12px">{inner}</p>'


def _badge_html(badge: Badge) -> str:
    return (
        f'<span style="background:{badge.colour};color:#FFFFFF;border-radius:6px;'
        "padding:2px 10px;font-weight:600;font-size:15px;line-height:1.4;white-space:nowrap;"
        'display:inline-block;margin:0 0 4px">'
        f"{escape(badge.text)}</span>"
    )


def _part_html(part: Part, *, titled: bool, pictured: bool) -> str:
    title = (
        '<h2 style="font-size:17px;line-height:1.35;margin:0 0 6px">'
        f"{_badge_html(part.badge)} {escape(part.heading)}</h2>"
    )
    step = f"<strong>Next:</strong> {escape(part.next_step)}"
    inner = (
        (title if titled else "")
        + _paragraph(escape(part.sentence))
        + (_picture() if pictured else "")
        + _table(part)
        + (_paragraph(step) if part.next_step else "")
        + _buttons(part.links)
    )
    if not titled:
        return inner
    return f'<div style="border-top:1px solid #D0D7DE;padding:14px 0 0;margin:4px 0">{inner}</div>'


def _picture() -> str:
    return _paragraph(
        f'<img src="cid:{SPARKLINE}" width="{WIDTH}" height="{HEIGHT}" style="max-width:100%" '
        'alt="The metric over the last batches, with its limit as a dashed line">'
    )


def _table(part: Part) -> str:
    if not part.facts:
        return ""
    rows = "".join(
        '<tr><th scope="row" style="text-align:left;font-weight:400;color:#57606A;width:33%;'
        f'padding:2px 12px 2px 0;vertical-align:top">{escape(label)}</th>'
        f'<td style="padding:2px 0;vertical-align:top">{escape(value)}</td></tr>'
        for label, value in part.facts
    )
    style = "border-collapse:collapse;font-size:15px;margin:0 0 12px;width:100%"
    return f'<table style="{style}">{rows}</table>'


def _buttons(links: tuple[Link, ...]) -> str:
    """The first as a button that a thumb can hit, the others beside it as links."""
    filled = f"background:{_LINK_COLOUR};color:#FFFFFF;padding:10px 16px;border-radius:6px"
    plain = f"color:{_LINK_COLOUR};padding:10px 0"
    made = (
        f'<a href="{escape(link.address)}" style="display:inline-block;margin:0 10px 8px 0;'
        f'font-weight:600;text-decoration:none;{plain if place else filled}">'
        f"{escape(link.label)}</a>"
        for place, link in enumerate(links)
    )
    return f'<p style="margin:0 0 8px">{"".join(made)}</p>'


def _rest_html(letter: Letter) -> str:
    if not letter.rest:
        return ""
    rows = "".join(
        f'<li style="margin:0 0 8px"><span style="color:{line.badge.colour};font-weight:600">'
        f"{escape(line.badge.text)}</span> "
        f'<a href="{escape(line.link.address)}" style="color:{_LINK_COLOUR}">'
        f"{escape(line.words)}</a></li>"
        for line in letter.rest
    )
    more = _paragraph(escape(letter.unsaid)) if letter.more else ""
    return (
        '<div style="border-top:1px solid #D0D7DE;padding:14px 0 0;margin:4px 0">'
        f'<h2 style="font-size:17px;margin:0 0 6px">{letter.rest_title}</h2>'
        f'<ul style="list-style:none;margin:0;padding:0">{rows}</ul>{more}</div>'
    )


def blocks(letter: Letter) -> tuple[dict[str, Any], ...]:
    """Slack's Block Kit, within its limits on length and number."""
    header = f"{letter.badge.text} – {letter.heading}"
    if len(header) > _SLACK_HEADER:
        header = f"{header[: _SLACK_HEADER - 1]}…"
    opening = [_section(mrkdwn(letter.opening))] if letter.opening else []
    parts = [block for part in letter.parts for block in _part_blocks(part, letter)]
    return (
        {"type": "header", "text": {"type": "plain_text", "text": header, "emoji": False}},
        *opening,
        *parts,
        *_rest_blocks(letter),
    )


def _part_blocks(part: Part, letter: Letter) -> Iterator[dict[str, Any]]:
    if not letter.alone:
        yield {"type": "divider"}
        yield _section(f"*{mrkdwn(f'{part.badge.text} – {part.heading}', _SLACK_FIELD)}*")
    yield _section(mrkdwn(part.sentence))
    yield from _fields(part)
    step = f"*Next:* {mrkdwn(part.next_step)}" if part.next_step else ""
    links = " · ".join(filter(None, map(_slack_link, part.links)))
    if len(links) > _SLACK_LINK:
        links = _slack_link(part.links[0])
    for words in filter(None, (step, links)):
        yield _section(words)


def _slack_link(link: Link) -> str:
    address = mrkdwn(link.address, limit=len(link.address) * 5)
    return f"<{address}|{mrkdwn(link.label)}>" if len(address) < _SLACK_LINK else ""


def _rest_blocks(letter: Letter) -> Iterator[dict[str, Any]]:
    if not letter.rest:
        return
    yield {"type": "divider"}
    said = f"*{letter.rest_title}*"
    for line in (*map(_slack_line, letter.rest), mrkdwn(letter.unsaid)):
        if len(said) + len(line) + 1 > _SLACK_LINES:
            yield _section(said)
            said = line
        else:
            said = f"{said}\n{line}" if line else said
    yield _section(said)


def _slack_line(line: Line) -> str:
    words = mrkdwn(f"{line.badge.text} – {line.words}", 400)
    link = _slack_link(line.link)
    return f"{words} {link}" if link else words


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


def _fields(part: Part) -> list[dict[str, Any]]:
    fields = [
        {"type": "mrkdwn", "text": f"*{mrkdwn(label)}*\n{mrkdwn(value, _SLACK_FIELD)}"}
        for label, value in part.facts
    ]
    starts = range(0, len(fields), _SLACK_FIELDS)
    return [{"type": "section", "fields": fields[i : i + _SLACK_FIELDS]} for i in starts]
