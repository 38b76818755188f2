"""Mails an alarm."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from hadoop_dr.domain.config.recipients import MailSettings
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.ledger.bodies.pair import AlarmSaid


class MailNotifier:
    """Sends one mail to all recipients.

    Args:
        within_s: For the connection, and for each answer of the server.
    """

    name = "mail"

    def __init__(self, settings: MailSettings, within_s: float = 10.0) -> None:
        self._settings, self._within_s = settings, within_s

    def tell(self, pair: str, alarm: AlarmSaid) -> None:
        """Sends it.

        Raises:
            Unreachable: The server did not take it for everybody; what it said may name an account and is left out.
        """
        message = EmailMessage()
        message["From"], message["To"] = self._settings.sender, ", ".join(self._settings.recipients)
        word = "alarm" if alarm.stands else "over"
        message["Subject"] = f"[hadoop-dr] {pair} {word}: {alarm.what} {alarm.subject}"
        message.set_content(f"{alarm.text}\n\nSee: hadoop-dr status {pair}\n")
        try:
            with self._connected() as server:
                if refused := server.send_message(message):
                    raise smtplib.SMTPRecipientsRefused(refused)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            code = f" {error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else ""
            problem = f"the mail server did not take it ({type(error).__name__}{code})"
            raise Unreachable(self.name, problem, "Check server, user and recipients") from None

    def _connected(self) -> smtplib.SMTP:
        kept = self._settings
        if kept.tls == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(kept.host, kept.port, timeout=self._within_s, context=context)
        else:
            server = smtplib.SMTP(kept.host, kept.port, timeout=self._within_s)
        try:
            if kept.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if kept.user:
                server.login(kept.user, kept.password)
        except BaseException:
            server.close()
            raise
        return server
