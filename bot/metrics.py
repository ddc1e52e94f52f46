"""Figures for Prometheus: what came in, what failed, what went out, and how long it took."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache, partial
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select

from bot.db import Database
from bot.engine import Engine
from bot.errors import Unavailable
from bot.i18n import Speech
from bot.messages import Accepted, Update
from models import Due, Outbox

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # where several workers put their figures together
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
BACKLOG = ("pending", "sending", "dead")


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = self._counter("docent_updates_accepted", "Updates that took effect", "channel")
        self.repeated = self._counter("docent_updates_repeated", "Updates that had before", "channel")
        self.failed = self._counter("docent_updates_failed", "Attempts at an update that failed", "channel")
        self.dead = self._counter("docent_updates_dead", "Updates given up", "channel")
        self.unavailable = self._counter("docent_updates_unavailable", "Updates put off", "channel")
        self.sendings = self._counter("docent_messages", "Attempts to send a message", "channel", "outcome")
        self.seconds = Histogram(
            "docent_update_seconds", "Time it takes", ["channel"], buckets=SECONDS, registry=self.registry
        )

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(name, about, labels, registry=self.registry)

    def failure(self, channel: str, what: str) -> None:
        """Count an attempt that `failed`, or an update that is `dead`."""
        (self.dead if what == "dead" else self.failed).labels(channel).inc()

    def sending(self, channel: str, outcome: str) -> None:
        """Count an attempt to send by what came of it; `carried` went inside the answer to a delivery."""
        self.sendings.labels(channel, outcome).inc()

    async def page(self, database: Database) -> bytes:
        """All figures as text; those that are counted in the database are left out while it is away."""
        registry = self.registry
        if SHARED in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's gap
        try:
            return generate_latest(registry) + generate_latest(await _backlog(database))
        except Unavailable:
            return generate_latest(registry)


class _OfChannel:
    """What is counted of every update of one channel: looked up once, which takes longer than counting."""

    def __init__(self, metrics: Metrics, channel: str) -> None:
        self.accepted = metrics.accepted.labels(channel)
        self.repeated = metrics.repeated.labels(channel)
        self.seconds = metrics.seconds.labels(channel)
        self.carried = metrics.sendings.labels(channel, "carried")


class Watched:
    """The engine as channels see it, with a stopwatch in hand."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics
        self._of = cache(partial(_OfChannel, metrics))
        self.seen = engine.seen
        self.dead = engine.dead

    def tongue(self, locale: str | None) -> Speech:
        return self._engine.tongue(locale)

    async def accept(self, update: Update) -> Accepted:
        """As `Engine.accept`."""
        figures = self._of(update.channel)
        began = perf_counter()
        try:
            accepted = await self._engine.accept(update)
        except Unavailable:
            self._metrics.unavailable.labels(update.channel).inc()
            raise
        figures.seconds.observe(perf_counter() - began)
        (figures.accepted if accepted.fresh else figures.repeated).inc()
        if accepted.carried is not None:
            figures.carried.inc()
        return accepted


class _Counted:
    """Gauges whose values are known already, as a collector."""

    def __init__(self, *gauges: GaugeMetricFamily) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[Any]:
        return iter(self._gauges)


async def _backlog(database: Database) -> CollectorRegistry:
    async with database.reading() as db:
        outbox = select(Outbox.status, func.count()).where(Outbox.status.in_(BACKLOG)).group_by(Outbox.status)
        counted = {row[0]: row[1] for row in await db.execute(outbox)}
        due = int(await db.scalar(select(func.count()).where(Due.status == "waiting")) or 0)
    waiting = GaugeMetricFamily("docent_outbox_pending", "Messages waiting to be sent")
    waiting.add_metric([], counted.get("pending", 0) + counted.get("sending", 0))
    dead = GaugeMetricFamily("docent_outbox_dead", "Messages that their channel refused")
    dead.add_metric([], counted.get("dead", 0))
    timers = GaugeMetricFamily("docent_due_waiting", "Work that waits for its time")
    timers.add_metric([], due)
    registry = CollectorRegistry()
    registry.register(_Counted(waiting, dead, timers))
    return registry
