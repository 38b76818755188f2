"""Who is told of alarms, and how a pair's sites are watched: what is wrong is named and no secret is told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from hadoop_dr.adapters import config
from hadoop_dr.domain.config.monitor import MonitorSettings
from hadoop_dr.domain.config.pair import read_pair
from hadoop_dr.domain.config.recipients import MailSettings, Recipients, read_recipients
from hadoop_dr.domain.errors import BadInput

HOOK = "https://hooks.example.org/T0P%20s3cret?x=1"
MAIL = "mail: {server: 'mail.example.org:587', from: dr@example.org, to: [a@example.org, b@example.org]%s}"
PAIR = "pair: a-b\nsites: {east: {lab: east}, west: {lab: west}}\ninitial_primary: east\n"


def recipients(text: str) -> Recipients:
    return read_recipients(config.parse(text.encode(), "who ü.yaml"))


def test_a_webhook_and_a_mail_server_are_read_and_shown_nowhere() -> None:
    found = recipients(f"webhook: '{HOOK}'\n" + MAIL % ", user: dr, password: s3cret, tls: tls")
    assert found.webhook == HOOK
    assert found.mail == MailSettings(
        "mail.example.org", 587, "dr@example.org", ("a@example.org", "b@example.org"), "tls", "dr", "s3cret"
    )
    assert "s3cret" not in repr(found)
    assert recipients(MAIL % "").mail == MailSettings(
        "mail.example.org", 587, "dr@example.org", ("a@example.org", "b@example.org")
    )


@pytest.mark.parametrize("text", [
    "webhook: 's3cret'", "webhook: 'ftp://s3cret'", "webhook: 'https://h/s3cret x'", "webhook: 'https://h:x/s3cret'",
    "webhook: 'https:///s3cret'", MAIL.replace(":587", "") % "", MAIL.replace("587", "0") % "",
    MAIL.replace("from: dr@example.org", "from: s3cret") % "", MAIL.replace("a@example.org", "s3cret") % "",
    MAIL % ", tls: s3cret", MAIL % ", tls: none, user: dr, password: s3cret", "mail: {server: 'h:25'}", "mails: s3cret",
])  # fmt: skip
def test_what_is_wrong_is_named_with_its_line_and_without_its_value(text: str) -> None:
    with pytest.raises(BadInput) as wrong:
        recipients(text)
    assert str(wrong.value).startswith("who ü.yaml:1: ")
    assert "s3cret" not in str(wrong.value)


def watched(text: str) -> MonitorSettings:
    return read_pair(config.parse((PAIR + text).encode(), "a b.yaml")).monitor


def test_a_pair_says_how_its_sites_are_watched() -> None:
    assert watched("") == MonitorSettings(Fraction(1, 2), 30_000, 10_000, 5_000)
    assert watched("monitor: {threshold: 33.3%, dwell: 2m, every: 20s, deadline: 3s}\n") == MonitorSettings(
        Fraction(333, 1000), 120_000, 20_000, 3_000
    )


@pytest.mark.parametrize(("text", "said"), [
    ("{threshold: 100%}", "'100%' is not a share of a site's nodes"), ("{dwell: 29s}", "'dwell' has to be at least"),
    ("{every: 11s}", "'dwell' has to be at least"), ("{dwel: 1m}", "unknown key 'dwel'"),
])  # fmt: skip
def test_what_could_not_be_watched_like_that_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as wrong:
        watched(f"monitor: {text}\n")
    assert said in str(wrong.value)
