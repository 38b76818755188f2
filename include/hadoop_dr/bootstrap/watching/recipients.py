"""Who is told of alarms, as the environment says it: an address, or a file that only its owner reads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hadoop_dr.adapters import config
from hadoop_dr.adapters.alarms import MailNotifier, WebhookNotifier
from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.recipients import Recipients, read_recipients, webhook_address
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.ports.notifier import Notifier

WEBHOOK, RECIPIENTS = "HADOOP_DR_ALARM_WEBHOOK", "HADOOP_DR_ALARM_FILE"
"""Environment variables: the address of a webhook, and a file with ``webhook`` and ``mail``."""


def notifiers_of(environ: Mapping[str, str] = os.environ) -> list[Notifier]:
    """Gives who is told; nobody where neither variable is set.

    Raises:
        BadInput: The address or the file is wrong, or others may read the file. No secret is told.
    """
    found: list[Notifier] = []
    recipients = _in_file(environ[RECIPIENTS]) if environ.get(RECIPIENTS) else Recipients()
    webhook = recipients.webhook
    if environ.get(WEBHOOK):
        try:
            webhook = webhook_address(environ[WEBHOOK])
        except Wrong as wrong:
            raise BadInput(WEBHOOK, wrong.problem, wrong.remedy) from None
    if webhook:
        found.append(WebhookNotifier(webhook))
    if recipients.mail is not None:
        found.append(MailNotifier(recipients.mail))
    return found


def notifiers_at(webhook: str) -> list[Notifier]:
    """Gives a webhook whose address an entrance keeps with its own credentials; whom the environment names without one.

    Raises:
        BadInput: It is no address.
    """
    return notifiers_of({WEBHOOK: webhook} if webhook else os.environ)


def _in_file(name: str) -> Recipients:
    path = Path(name)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise BadInput(name, f"cannot be read ({error.strerror})", f"Correct {RECIPIENTS}") from None
    if mode & 0o077:
        raise BadInput(name, "others may read it, and it holds secrets", f"chmod 600 {name}")
    return read_recipients(config.load(path, name))
