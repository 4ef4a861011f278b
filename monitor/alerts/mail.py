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
    message: Message, *, sender: str, to: Sequence[str], now: datetime, key: str
) -> EmailMessage:
    """The e-mail, with plain text, HTML and the picture inside the HTML.

    ``key`` names the delivery: a repeat has the same Message-ID, so receivers can drop it.
    """
    mail = EmailMessage()
    mail["Subject"], mail["From"] = message.subject, address(sender)
    mail["To"] = [address(receiver) for receiver in to]
    mail["Date"] = format_datetime(now)
    digest = hashlib.sha256(f"{key}\n{message.link}".encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<fairwatch.{digest}@{address(sender).domain}>"
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


def put(mail: EmailMessage, folder: Path) -> None:
    """Add the e-mail to a Maildir folder, which mail programs open; made where it is missing."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        box = mailbox.Maildir(folder, create=True)
        try:
            box.add(mail)
        finally:
            box.close()
    except OSError as error:
        raise DeliveryError(
            f"The folder {folder} could not be written ({error.strerror or error})."
        ) from error
