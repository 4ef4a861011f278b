"""Where messages go, and whether they arrive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from monitor.errors import FairwatchError
from monitor.ui import actions, data, errors, parts, pulse
from monitor.ui.markdown import escape
from monitor.ui.sections import channel_health

KINDS: Final = {
    "email": "E-mail",
    "slack": "Slack",
    "webhook": "Webhook",
    "apprise": "Apprise",
    "folder": "Folder (Maildir)",
}
ICONS: Final = {
    "email": ":material/mail:",
    "slack": ":material/chat:",
    "webhook": ":material/webhook:",
    "apprise": ":material/campaign:",
    "folder": ":material/folder:",
}
HELP: Final = {
    "webhook": "JSON, signed with HMAC-SHA256 where a secret is given: for PagerDuty, Teams or a "
    "pipeline of your own. Redirects are refused, and private addresses unless they are allowed.",
    "apprise": "Reaches what Apprise reaches, where it is installed: `pip install "
    "fairwatch[apprise]`.",
    "folder": "Each message becomes a file, as a mail server would deliver it: for trying out.",
}
# name of the setting → (label, example)
FIELDS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "email": {
        "host": ("Mail server", "smtp.example.org"),
        "port": ("Port (empty: by security)", ""),
        "security": ("Security: starttls, ssl or plain", "starttls"),
        "username": ("User name (empty: no login)", ""),
        "password": ("Password, as a variable", "${SMTP_PASSWORD}"),
        "from": ("From", "fairwatch@example.org"),
        "to": ("To, with commas between", "team@example.org"),
    },
    "slack": {"url": ("Webhook address, as a variable", "${SLACK_WEBHOOK}")},
    "webhook": {
        "url": ("Address", "https://hooks.example.org/fairwatch"),
        "secret": ("Signed with, as a variable (empty: not)", "${HOOK_SECRET}"),
        "authorization": ("Header Authorization, as a variable", "Bearer ${HOOK_TOKEN}"),
    },
    "apprise": {"url": ("Apprise address, as a variable", "${APPRISE_URL}")},
    "folder": {"path": ("Folder", "/var/mail/fairwatch")},
}


def show() -> None:
    channels = data.channels()
    if channels.empty:
        parts.nothing_yet(
            "Nobody is told yet",
            "Add a channel below and send a test through it. Secrets stay in the environment of "
            "the server and are written here as `${NAME}`.",
        )
    health = pulse.channels_health().set_index("id")
    for row in channels.to_dict("records"):
        _channel(row, health.loc[row["id"]])
    st.header("Add or change a channel")
    _form()


def _channel(row: Any, health: Any) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{ICONS[row['kind']]} **{escape(row['name'])}**", width="content")
            channel_health.badge(health)
            st.caption(escape(_where(row["config"])), width="stretch")
            test = _buttons(row)
        channel_health.say(health)
        if test:
            _test(row)


def _buttons(row: Any) -> bool:
    """Switches and deletes; True where a test is wanted."""
    on = st.toggle("On", value=bool(row["enabled"]), key=f"on_{row['id']}")
    if on != bool(row["enabled"]):
        actions.save_channel(row["name"], row["kind"], row["config"], enabled=on)
        st.rerun()
    test = st.button("Send test", key=f"test_{row['id']}", icon=":material/send:")
    if st.button("Delete", key=f"delete_{row['id']}", type="tertiary"):
        actions.delete_channel(row["name"])
        st.rerun()
    return test


def _where(config: Mapping[str, Any]) -> str:
    told = config.get("to") or config.get("path") or config.get("url") or ""
    return f"to {', '.join(told) if isinstance(told, list) else told}"


def _test(row: Any) -> None:
    try:
        with st.spinner("Sending …"):
            said = actions.send_test(row["name"])
    except FairwatchError as error:
        errors.show(error)
        return
    st.success(escape(said))


def _form() -> None:
    kind = st.segmented_control(
        "Kind", list(KINDS), default="email", required=True, key="channel_kind",
        format_func=KINDS.__getitem__,
    )  # fmt: skip
    if kind in HELP:
        st.caption(HELP[str(kind)])
    with st.form("channel", border=False):
        name = st.text_input("Name", placeholder="credit-team", key="channel_name")
        config: dict[str, str | bool] = {}
        row = st.columns(2)
        for place, (key, (label, example)) in enumerate(FIELDS[str(kind)].items()):
            row = row if place % 2 or not place else st.columns(2)
            config[key] = row[place % 2].text_input(
                label, placeholder=example, key=f"channel_{kind}_{key}"
            )
        if kind == "webhook":
            config["allow_private"] = st.checkbox(
                "It may be a private address: this machine or this network",
                key="channel_webhook_allow_private",
            )
        if not st.form_submit_button("Save channel", type="primary"):
            return
    if not name.strip():
        st.error("Give the channel a name.")
        return
    try:
        actions.save_channel(name.strip(), str(kind), {k: v for k, v in config.items() if v})
    except FairwatchError as error:
        errors.show(error)
        return
    st.rerun()
