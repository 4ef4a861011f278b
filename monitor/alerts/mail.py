"""A message as an e-mail, and the folder that keeps e-mails where there is no mail server."""

from __future__ import annotations

import hashlib
import mailbox
import re
from collections.abc import Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path

from monitor.alerts.message import SPARKLINE, Message
from monitor.errors import DeliveryError

_SPEC = re.compile(r"[!-?A-~]+@[!-?A-~]+")  # ASCII: few servers take more


def addresses(value: str | Sequence[str]) -> list[str]:
    """Receivers from a list or a text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


def address(text: str) -> Address:
    """One address, with or without a name before it; ValueError where it is none."""
    name, spec = parseaddr(text)
    if not text.isprintable() or not _SPEC.fullmatch(spec):
        raise ValueError(text)
    try:
        return Address(name, addr_spec=spec)
    except (MessageError, ValueError, IndexError, AttributeError) as error:
        # The standard library's parser stumbles over some texts that are no address.
        raise ValueError(text) from error


def letter(
    message: Message,
    *,
    sender: str,
    to: Sequence[str],
    now: datetime,
    key: str,
    thread: Sequence[str],
) -> EmailMessage:
    """The e-mail, with plain text, HTML and the picture inside the HTML.

    ``key`` names the delivery: a repeat has the same Message-ID, so receivers can drop it.
    ``thread`` are the keys of the messages that this one goes on from, the closest first.
    """
    mail = EmailMessage()
    mail["Subject"], mail["From"] = message.subject, address(sender)
    mail["To"] = [address(receiver) for receiver in to]
    mail["Date"] = format_datetime(now)
    domain = address(sender).domain
    mail["Message-ID"] = _message_id(key, domain)
    before = [_message_id(one, domain) for one in thread]
    if before:
        mail["In-Reply-To"] = before[0]
        mail["References"] = " ".join(reversed(before))
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if message.sparkline:
        page = mail.get_payload()[1]  # type: ignore[index]
        assert isinstance(page, EmailMessage)
        page.add_related(
            message.sparkline,
            "image",
            "png",
            cid=f"<{SPARKLINE}>",
            disposition="inline",
            filename="history.png",
        )
    return mail


def _message_id(key: str, domain: str) -> str:
    return f"<fairwatch.{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def put(mail: EmailMessage, folder: Path) -> str:
    """Add the e-mail to a Maildir folder, which mail programs open; made where it is missing.

    The answer is the name of the file.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        box = mailbox.Maildir(folder, create=True)
        try:
            return str(box.add(mail))
        finally:
            box.close()
    except OSError as error:
        raise DeliveryError(
            f"The folder {folder} could not be written ({error.strerror or error})."
        ) from error
