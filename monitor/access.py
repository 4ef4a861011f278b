"""Who may come in: the addresses that are listened to, the hosts that are asked for, the login."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from monitor.alerts.references import Secrets
from monitor.errors import AccessRefused
from monitor.settings import Settings

CLIENT_SECRET = "FAIRWATCH_LOGIN_CLIENT_SECRET"
COOKIE_SECRET = "FAIRWATCH_LOGIN_COOKIE_SECRET"
METRICS_TOKEN = "FAIRWATCH_METRICS_TOKEN"
SHORTEST = 32  # characters of a secret that signs cookies


@dataclass(frozen=True, slots=True)
class Login:
    """OpenID Connect, as Streamlit speaks it; ``users`` are patterns of e-mail addresses."""

    client_id: str
    metadata_url: str
    redirect_uri: str
    client_secret: str
    cookie_secret: str
    users: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Login(client_id={self.client_id!r}, users={self.users!r})"

    def admits(self, user: Mapping[str, object]) -> bool:
        """Whether the person may come in: signed in, and with an address that is on the list.

        Without a list everybody comes in whom the provider signs in.  An address counts only where
        the provider does not say that it is unverified.
        """
        if not user.get("is_logged_in"):
            return False
        address = str(user.get("email") or "").lower()
        verified = user.get("email_verified", True) not in (False, "false")
        return not self.users or (verified and any(fnmatchcase(address, it) for it in self.users))

    def for_streamlit(self) -> dict[str, str]:
        """What ``st.login`` reads as the section ``auth`` of its secrets."""
        return {
            "redirect_uri": self.redirect_uri,
            "cookie_secret": self.cookie_secret,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "server_metadata_url": self.metadata_url,
        }


@dataclass(frozen=True, slots=True)
class Access:
    """What the settings and secrets decide; ``token`` is "" where /metrics needs none."""

    hosts: frozenset[str]
    login: Login | None
    without_login: bool
    token: str
    https: bool

    def __repr__(self) -> str:
        return f"Access(hosts={sorted(self.hosts)}, login={self.login!r})"

    def guarded(self) -> bool:
        """Whether others than this machine may be listened to."""
        return self.login is not None or self.without_login

    def knows(self, host: str | None) -> bool:
        """Whether a Host header names this server.

        A page of another site that makes its own name point here still sends its own name, so only
        names that are listed count; an address in figures cannot be borrowed like that.
        """
        name = _name(host)
        return bool(name) and (name in self.hosts or is_address(name))


def access_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> Access:
    """AccessRefused where a login is configured by half."""
    secrets = Secrets(environ, settings.secrets)
    base = urlsplit(settings.base_url)
    named = (*_listed(settings.allowed_hosts), base.hostname or "", "localhost")
    return Access(
        hosts=frozenset(filter(None, named)),
        login=_login(settings, secrets),
        without_login=settings.without_login,
        token=secrets.get(METRICS_TOKEN, ""),
        https=base.scheme == "https",
    )


def _login(settings: Settings, secrets: Secrets) -> Login | None:
    wanted = {
        "FAIRWATCH_LOGIN_CLIENT_ID": settings.login_client_id,
        "FAIRWATCH_LOGIN_METADATA_URL": settings.login_metadata_url,
        CLIENT_SECRET: secrets.get(CLIENT_SECRET, ""),
        COOKIE_SECRET: secrets.get(COOKIE_SECRET, ""),
    }
    missing = [name for name, value in wanted.items() if not value]
    if len(missing) == len(wanted):
        return None
    if missing:
        raise AccessRefused(f"The login is half configured: set {' and '.join(missing)} too.")
    if len(wanted[COOKIE_SECRET]) < SHORTEST:
        raise AccessRefused(f"{COOKIE_SECRET} is too short: use {SHORTEST} random characters.")
    return Login(
        client_id=settings.login_client_id,
        metadata_url=settings.login_metadata_url,
        redirect_uri=f"{settings.base_url.rstrip('/')}/oauth2callback",
        client_secret=wanted[CLIENT_SECRET],
        cookie_secret=wanted[COOKIE_SECRET],
        users=_listed(settings.allowed_users),
    )


def check_listening(access: Access, host: str) -> None:
    """AccessRefused where others could reach the server and nothing would keep them out."""
    if access.guarded() or not reachable(host):
        return
    raise AccessRefused(
        f"Whoever reaches {host} could read and change everything, for no login is set: configure "
        "one (docs/operate.md), listen on 127.0.0.1, or say --without-login "
        "(FAIRWATCH_WITHOUT_LOGIN=true) if something else keeps strangers out."
    )


def reachable(host: str) -> bool:
    """Whether a server that listens there can be reached from another machine.

    >>> reachable("127.0.0.1"), reachable("::1"), reachable("0.0.0.0"), reachable("192.0.2.7")
    (False, False, True, True)
    """
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)
    except OSError:
        return True  # nobody knows where it leads
    return not all(ipaddress.ip_address(_plain(str(it[4][0]))).is_loopback for it in found)


def is_address(name: str) -> bool:
    """Whether it is an address in figures.

    >>> is_address("192.0.2.7"), is_address("::1"), is_address("example.org")
    (True, True, False)
    """
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _name(host: str | None) -> str:
    """The name in a Host header, "" where it is no host at all.

    >>> _name("Example.org:8501"), _name("[::1]:80"), _name("a@b"), _name(None)
    ('example.org', '::1', '', '')
    """
    try:
        parts = urlsplit(f"//{host or ''}")
        _ = parts.port
    except ValueError:
        return ""
    bare = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    return (parts.hostname or "").rstrip(".") if bare else ""


def _plain(address: str) -> str:
    return address.partition("%")[0]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip().lower() for item in text.split(",") if item.strip())
