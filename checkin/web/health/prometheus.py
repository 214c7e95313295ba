"""Figures in the text format of Prometheus, version 0.0.4. No label says anything about health or anybody."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from checkin.domain.message import ChannelName, MessageState
from checkin.services.watch_over import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Counts = Mapping[tuple[ChannelName, MessageState], int]


def exposition(figures: Figures) -> str:
    """Write the figures; each has a line of help and one that says that it can go up and down."""
    beat, now = figures.scheduler.last_beat, figures.now
    lines = [
        *_gauge("scheduler_up", "1 if a scheduler was heard of within two minutes.", figures.scheduler.alive),
        *_gauge(
            "schedulers_silent",
            "Schedulers that died or hang since less than an hour while another one lives.",
            len(figures.scheduler.silent),
        ),
        *_gauge(
            "scheduler_last_beat_timestamp_seconds",
            "When a scheduler was last heard of, 0 if never.",
            0 if beat is None else beat.timestamp(),
        ),
        *_gauge(
            "oldest_due_seconds",
            "For how long the longest waiting message has been due.",
            _seconds(figures.oldest_due, now),
        ),
        *_gauge(
            "oldest_tried_seconds",
            "How old the oldest message is that was tried and waits for another try.",
            _seconds(figures.oldest_tried, now),
        ),
        *_gauge("channels_failing", "Ways to send over which nothing goes out.", len(figures.failing)),
        *_gauge(
            "prompts_overdue",
            "Check-ins whose moment passed two minutes ago without being opened.",
            figures.overdue_prompts,
        ),
        *_counts("messages_unsent", "Messages that wait or are being sent.", figures.unsent),
        *_counts("messages_last_hour", "Messages made in the last hour.", figures.lately),
    ]
    return "".join(f"{line}\n" for line in lines)


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else (now - since).total_seconds()


def _gauge(name: str, meaning: str, value: float) -> Iterator[str]:
    yield from _head(name, meaning)
    yield f"checkin_{name} {float(value):.15g}"


def _counts(name: str, meaning: str, counts: _Counts) -> Iterator[str]:
    yield from _head(name, meaning)
    for (channel, state), count in counts.items():
        yield f'checkin_{name}{{channel="{channel.value}",state="{state.value}"}} {count}'


def _head(name: str, meaning: str) -> Iterator[str]:
    yield f"# HELP checkin_{name} {meaning}"
    yield f"# TYPE checkin_{name} gauge"
