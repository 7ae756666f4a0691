"""Tells those who asked: every alert at least once, with the same id whenever it is repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import stamina

from imagery.errors import ImageryError
from pipelines.batch.channels import NotTaken, send
from pipelines.batch.healing import journal
from pipelines.batch.ledger import Ledger, Waiting
from pipelines.batch.store import turn
from pipelines.batch.watchlist import Channel

LONGEST_WAIT_S = 60.0


@dataclass(slots=True)
class Delivery:
    """The way from the outbox to the channels.

    Attributes:
        ledger: Holds what is waiting.
        store: Its folder.
        channels: By name.
        environment: Holds the secrets.
        now: Seconds since 1970, for signatures.
        down: Channels that failed to the end in this batch, with the reason: left for later.
        sent: Alerts delivered in this batch.
    """

    ledger: Ledger
    store: Path
    channels: Mapping[str, Channel]
    environment: Mapping[str, str]
    now: Callable[[], float]
    down: dict[str, str]
    sent: int = 0

    def deliver(self) -> None:
        """Send what is waiting, one process at a time; what fails waits for the next batch.

        Raises:
            WriteError: the ledger cannot be written.
        """
        if not self._open(self.ledger.waiting()):
            return
        with turn(self.store, "outbox"):
            for each in self._open(self.ledger.waiting()):
                if each.channel not in self.down:
                    self._deliver(each)

    def _open(self, waiting: Sequence[Waiting]) -> list[Waiting]:
        return [w for w in waiting if w.channel in self.channels and w.channel not in self.down]

    def _deliver(self, alert: Waiting) -> None:
        channel = self.channels[alert.channel]
        try:
            for context in stamina.retry_context(
                on=lambda error: isinstance(error, NotTaken) and error.again,
                attempts=channel.attempts,
                timeout=None,
                wait_initial=channel.wait_s,
                wait_max=LONGEST_WAIT_S,
                wait_jitter=0,
            ):
                with context:
                    number = self.ledger.trying(alert.alert_id, channel.name)
                    send(channel, alert.body, number, environment=self.environment, now=self.now())
        except (NotTaken, ImageryError) as error:
            self.down[channel.name] = str(error)
            self.ledger.told(alert.alert_id, channel.name, str(error))
            return
        # The journal first: between the two a repeat may be sent, but nothing is lost.
        journal(self.store, alert.alert_id, channel.name)
        self.ledger.told(alert.alert_id, channel.name, None)
        self.sent += 1
