"""Tells people of alarms: by a webhook and by mail, with the standard library alone."""

from hadoop_dr.adapters.alarms.mail import MailNotifier
from hadoop_dr.adapters.alarms.webhook import WebhookNotifier

__all__ = ["MailNotifier", "WebhookNotifier"]
