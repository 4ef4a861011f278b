import mailbox
from datetime import UTC, datetime

import pytest

from monitor.alerts.channels import Channel, Envelope, send, send_test, validate_config
from monitor.errors import DeliveryError

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
EMAIL = {"host": "mail.example.com", "from": "Fairwatch <fw@example.com>", "to": "a@example.com"}
LOGIN = {"username": "fw", "password": "${SMTP_PASSWORD}"}


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("email", EMAIL),
        ("email", EMAIL | LOGIN | {"security": "ssl", "port": 465}),
        ("email", EMAIL | {"to": ["a@example.com", "B <b@example.com>"], "port": "2525"}),
        ("email", EMAIL | {"host": "127.0.0.1", "security": "plain"}),
        ("email", EMAIL | {"host": "::1", "security": "plain"}),
        ("email", EMAIL | {"security": "plain", "allow_plain": True}),
        ("slack", {"url": "${SLACK_URL}"}),
        ("slack", {"url": "http://127.0.0.1:9000/hook"}),
        ("webhook", {"url": "https://ci.example.org/hooks/retrain"}),
        ("webhook", {"url": "https://ci.example.org/${TOKEN}", "secret": "${HOOK_SECRET}"}),
        ("webhook", {"url": "${URL}", "authorization": "Bearer ${TOKEN}"}),
        ("webhook", {"url": "http://10.0.0.5:8080/retrain", "allow_private": True}),
        ("apprise", {"url": "${APPRISE_URL}"}),
        ("folder", {"path": "/tmp/outbox"}),
        ("folder", {"path": "/tmp/outbox", "to": "a@example.com"}),
    ],
)
def test_good_configurations_pass(kind, config):
    validate_config(kind, config)


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("pigeon", {}, "no channel kind 'pigeon'; there is email, slack, webhook, apprise, folder"),
        ("email", {}, "host is missing"),
        ("email", EMAIL | {"host": "  "}, "host is missing"),
        ("email", EMAIL | {"pasword": "${X}"}, "did you mean 'password'?"),
        ("email", EMAIL | {"security": "tls"}, "one of starttls, ssl, plain, not 'tls'"),
        ("email", EMAIL | {"security": "plain"}, "unencrypted"),
        ("email", EMAIL | {"host": "127.0.0.1.evil.example", "security": "plain"}, "unencrypted"),
        ("email", EMAIL | {"security": "plain", "allow_plain": "no"}, "unencrypted"),
        ("email", EMAIL | {"port": 70_000}, "1 to 65535"),
        ("email", EMAIL | {"port": "²"}, "1 to 65535"),
        ("email", EMAIL | {"port": True}, "1 to 65535"),
        ("email", EMAIL | {"username": "fw"}, "both username and password"),
        ("email", EMAIL | LOGIN | {"password": "hunter2"}, "never stored"),
        ("email", EMAIL | LOGIN | {"password": "x${SMTP_PASSWORD}"}, "never stored"),
        ("email", EMAIL | {"to": ""}, "to is missing"),
        ("email", EMAIL | {"to": 7}, "an address, or several"),
        ("email", EMAIL | {"to": "nobody"}, "'nobody' is not an e-mail address"),
        ("email", EMAIL | {"to": "ä@example.com"}, "is not an e-mail address"),
        ("email", EMAIL | {"to": "a@"}, "'a@' is not an e-mail address"),
        ("email", EMAIL | {"to": '"Doe, J" <j@example.com>'}, "is not an e-mail address"),
        ("email", EMAIL | {"from": "a@example.com\r\nBcc: b@example.com"}, "not an e-mail address"),
        ("slack", {"url": "https://hooks.slack.com/services/T0/B0/secret"}, "never stored"),
        ("slack", {"url": "http://[::1"}, "never stored"),
        ("slack", {}, "url is missing"),
        ("folder", {"path": ""}, "path is missing"),
        ("webhook", {}, "url is missing"),
        ("webhook", {"url": "http://ci.example.org/hook"}, "begins with https://"),
        ("webhook", {"url": "http://ci.example.org/${TOKEN}"}, "begins with https://"),
        ("webhook", {"url": "ftp://ci.example.org/", "allow_private": True}, "https:// or http://"),
        ("webhook", {"url": "https:///hook"}, "and a host"),
        ("webhook", {"url": "https://h:99999/"}, "and a host"),
        ("webhook", {"url": "https://user:hunter2@h/"}, "seems to hold a secret"),
        ("webhook", {"url": "https://h/hook?sig=hunter2"}, "seems to hold a secret"),
        ("webhook", {"url": "https://h/hook/8f14e45fceea167a5a36"}, "seems to hold a secret"),
        ("webhook", {"url": "https://h/", "secret": "hunter2"}, "never stored"),
        ("webhook", {"url": "https://h/", "authorization": "Bearer hunter2"}, "never stored"),
        ("webhook", {"url": "https://h/", "allow_private": "yes"}, "true or false"),
        ("apprise", {"url": "slack://T0/B0/hunter2"}, "never stored"),
    ],
)
def test_a_bad_configuration_is_refused_in_one_sentence(kind, config, said):
    with pytest.raises(DeliveryError) as refusal:
        validate_config(kind, config)
    assert said in refusal.value.sentence
    assert "hunter2" not in refusal.value.sentence
    assert "T0/B0/secret" not in refusal.value.sentence


def test_a_channels_repr_does_not_show_its_configuration():
    assert "hunter2" not in repr(Channel("ops", "email", {"password": "hunter2"}))


def test_an_unset_variable_is_named():
    channel = Channel("ops", "slack", {"url": "${FAIRWATCH_SLACK_URL}"})
    with pytest.raises(DeliveryError, match="FAIRWATCH_SLACK_URL is not set"):
        send_test(channel, base_url="http://h", environ={}, now=NOW)


def test_a_slack_address_without_encryption_is_not_used():
    channel = Channel("ops", "slack", {"url": "${U}"})
    for url in ("http://hooks.example.com/x", "file:///etc/passwd", "nonsense"):
        with pytest.raises(DeliveryError, match="https") as refusal:
            send_test(channel, base_url="http://h", environ={"U": url}, now=NOW)
        assert url not in str(refusal.value)


def test_a_folder_gets_the_same_email(tmp_path, message):
    path = tmp_path / "far" / "outbox"
    channel = Channel("disk", "folder", {"path": str(path), "to": "a@example.com"})
    for key in ("1", "1", "2"):
        assert send(channel, message, Envelope(key, {}, NOW)).answer.startswith("written as ")
    mails = list(mailbox.Maildir(path))
    assert [mail["Subject"] is not None for mail in mails] == [True] * 3
    assert len({mail["Message-ID"] for mail in mails}) == 2
    assert {part.get_content_type() for part in mails[0].walk()} >= {
        "text/plain",
        "text/html",
        "image/png",
    }


def test_a_folder_that_cannot_be_written_says_so(tmp_path, message):
    (tmp_path / "file").write_text("in the way")
    channel = Channel("disk", "folder", {"path": str(tmp_path / "file" / "outbox")})
    with pytest.raises(DeliveryError, match="could not be written"):
        send(channel, message, Envelope("1", {}, NOW))


def test_a_test_message_goes_the_same_way(tmp_path):
    channel = Channel("disk", "folder", {"path": str(tmp_path / "outbox")})
    send_test(channel, base_url="http://h", environ={}, now=NOW)
    (mail,) = mailbox.Maildir(tmp_path / "outbox")
    assert "Test" in str(mail["Subject"])
