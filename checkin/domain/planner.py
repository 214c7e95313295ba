"""The planner: which prompts a protocol asks for around one infusion, when, and which not, with the reason.

Steps are placed in the protocol's order, extra ones last, each at the free moment nearest to the one its rule
names. So where a day has too many, extra steps give way to the others, and later ones to earlier ones.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from checkin.domain.clock import Interval, as_utc, local_day, zone_at
from checkin.domain.free_time import MARGIN, NO_QUIET, Days, without
from checkin.domain.moments import fit
from checkin.domain.person import WakingHours, Zone
from checkin.domain.prompt import NotPlanned, PlannedPrompt
from checkin.domain.protocol import Cancels, Protocol
from checkin.domain.step import LocalTime, Step
from checkin.domain.step_window import Window, window_of
from checkin.domain.words import Text, ntext, text

_OFF = text("It is switched off in this protocol.")
_NO_QUESTIONS = text("Its questions have not been added here yet.")
_UNMET = text("It depends on the answers before it.")  # which way is not for everybody who reads this
_COURSE = text("It is only asked before the first infusion, or after a longer break.")
_JOURNEY = text("On the day of the journey there is no such time.")
_PASSED = text("Its time of day had passed when the infusion ended.")
NEXT_FIRST = text("The next infusion comes first.")
_TOO_SOON = text("It would come too soon after the infusion, or after the check-in before it.")
_OVER = text("Its time is over.")
_ASKED = text("It has been asked already.")
_LITTLE = text("Too little of its time is left.")
_NIGHT = text("None of its time, or too little, is in the waking hours and outside quiet hours.")
PAUSED = text("Reminders are paused then.")
BLOCKED = text("The time for it is blocked.")
_TOGETHER = text("A check-in about another infusion comes at that time.")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Prompts in the order of ``due_at``; every other step in the protocol's order, with its reason.

    ``windows`` holds, by step, from when until when an answer to it makes sense, also for steps that find no
    free moment: by it replanning judges what was sent already. ``titles``: what people call each step of the
    protocol.
    """

    prompts: tuple[PlannedPrompt, ...]
    not_planned: tuple[NotPlanned, ...]
    windows: Mapping[str, Interval]
    titles: Mapping[str, Text]


@dataclass(frozen=True, kw_only=True)
class _Situation:
    """The arguments of ``plan``, as the steps need them. From ``cutoff`` on the next infusion takes over."""

    protocol: Protocol
    end: datetime
    planned: bool
    now: datetime
    days: Days
    available: Collection[str]
    pauses: Sequence[Interval]
    blocked: Sequence[Interval]
    previous: datetime | None
    cutoff: datetime | None
    unmet: Collection[str]
    asked: Mapping[str, datetime]
    elsewhere: Sequence[datetime]

    def day_of(self, at: datetime) -> date:
        return local_day(at, zone_at(self.days.zones, at))


def plan(
    protocol: Protocol,
    *,
    infusion_at: datetime,
    planned: bool,
    now: datetime,
    zones: Sequence[Zone],
    waking: WakingHours,
    available: Collection[str],
    pauses: Sequence[Interval] = (),
    blocked: Sequence[Interval] = (),
    previous_infusion_at: datetime | None = None,
    next_infusion_at: datetime | None = None,
    unmet: Collection[str] = (),
    asked: Mapping[str, datetime] | None = None,
    elsewhere: Sequence[datetime] = (),
    quiet_agreed: bool = False,
) -> Plan:
    """Return the plan for one infusion that ends at ``infusion_at``.

    ``planned``: it is still to come, and only the baseline steps before it are planned; else only those after
    it. ``zones``: where the patient is; the last entry holds for the future. ``available``: names of the
    instruments there are. In ``pauses`` and ``blocked`` nobody is contacted. The previous and the next
    infusion are this patient's nearest ones. ``unmet``: steps whose condition turned out not to hold.
    ``asked``: steps for which something was sent already, and when; they count, but are not planned again.
    ``elsewhere``: when other infusions ask; nothing is sent near those, and those after this END count too.
    ``quiet_agreed``: the protocol's quiet hours do not hold for this patient, only the waking hours.

    No ``due_at`` lies before ``now``: a step that is late but still open is due at once.
    """
    situation = _Situation(
        protocol=protocol,
        end=as_utc(infusion_at),
        planned=planned,
        now=as_utc(now),
        days=Days(zones=zones, waking=waking, quiet=NO_QUIET if quiet_agreed else protocol.quiet),
        available=available,
        pauses=pauses,
        blocked=blocked,
        previous=previous_infusion_at,
        cutoff=None if planned else _cutoff(protocol, next_infusion_at, zones),
        unmet=unmet,
        asked=asked or {},
        elsewhere=elsewhere,
    )
    return _plan(protocol.baseline_steps if planned else protocol.steps, situation)


def _cutoff(protocol: Protocol, next_at: datetime | None, zones: Sequence[Zone]) -> datetime | None:
    if next_at is None or protocol.next_infusion_cancels is Cancels.NOTHING:
        return None
    step = protocol.pre_dose
    window = None if step is None else window_of(step, as_utc(next_at), zones)
    return as_utc(next_at) if window is None else window.opens_at


def _plan(steps: Sequence[Step], situation: _Situation) -> Plan:
    due = {step.name: situation.asked[step.name] for step in steps if step.name in situation.asked}
    windows: dict[str, Interval] = {}
    outcomes: dict[str, PlannedPrompt | Text] = {}
    for step in sorted(steps, key=lambda step: step.extra):
        window = _refusal(step, situation) or _window(step, situation, due)
        if isinstance(window, Text):
            outcomes[step.name] = window
            continue
        windows[step.name] = Interval(since=window.opens_at, until=window.expires_at)
        outcome = outcomes[step.name] = _place(step, window, situation, due)
        if isinstance(outcome, PlannedPrompt):
            due[step.name] = outcome.due_at
    prompts = [outcome for outcome in outcomes.values() if isinstance(outcome, PlannedPrompt)]
    reasons = [(step.name, outcomes[step.name]) for step in steps]
    return Plan(
        prompts=tuple(sorted(prompts, key=lambda prompt: prompt.due_at)),
        not_planned=tuple(
            NotPlanned(step=name, reason=why) for name, why in reasons if isinstance(why, Text)
        ),
        windows=windows,
        titles=situation.protocol.titles,
    )


def _refusal(step: Step, situation: _Situation) -> Text | None:
    """Return why a step is not asked whatever the time, if so."""
    if not step.enabled:
        return _OFF
    if not any(name in situation.available for name in step.instruments):
        return _NO_QUESTIONS
    if step.name in situation.unmet:
        return _UNMET
    if step.apart is not None and situation.previous is not None:
        return _COURSE if situation.end - situation.previous < step.apart else None
    return None


def _window(step: Step, situation: _Situation, due: Mapping[str, datetime]) -> Window | Text:
    """Return the step's window between this infusion and its neighbours, or why it has none."""
    window = window_of(step, situation.end, situation.days.zones)
    if window is None:
        return _JOURNEY
    if situation.planned:
        return _ending(window, situation.end)
    if isinstance(step.due, LocalTime) and window.latest <= situation.end:
        return _PASSED
    window = _starting(window, max(situation.end, _spaced(step, situation, due)))
    if situation.cutoff is None:
        return window
    return NEXT_FIRST if window.target >= situation.cutoff else _ending(window, situation.cutoff)


def _spaced(step: Step, situation: _Situation, due: Mapping[str, datetime]) -> datetime:
    """Return from when on the step is far enough from the one it must keep a distance to."""
    other = None if step.spacing is None else situation.protocol.find_step(step.spacing.step)
    if step.spacing is None or other is None:
        return situation.end
    window = window_of(other, situation.end, situation.days.zones)
    at = due.get(other.name) or (situation.end if window is None else window.target)
    return at + step.spacing.gap


def _starting(window: Window, at: datetime) -> Window:
    return replace(
        window,
        opens_at=max(window.opens_at, at),
        target=max(window.target, at),
        earliest=max(window.earliest, at),
    )


def _ending(window: Window, at: datetime) -> Window:
    return replace(window, latest=min(window.latest, at), expires_at=min(window.expires_at, at))


def _place(
    step: Step, window: Window, situation: _Situation, due: Mapping[str, datetime]
) -> PlannedPrompt | Text:
    if window.expires_at <= situation.now:
        return _OVER
    if step.name in situation.asked:
        return _ASKED
    if window.earliest > window.latest:
        return _TOO_SOON
    window = _from_now(window, situation.now)
    if window.expires_at - window.earliest < 2 * MARGIN:
        return _LITTLE
    found = _moments(window, situation, due)
    if isinstance(found, Text):
        return found
    due_at, remind_at = found
    return PlannedPrompt(
        step=step.name,
        opens_at=min(window.opens_at, due_at),
        due_at=due_at,
        remind_at=remind_at,
        expires_at=window.expires_at,
        zone=zone_at(situation.days.zones, due_at),
        instruments=tuple(name for name in step.instruments if name in situation.available),
        left_out=tuple(
            situation.protocol.importable.get(name, name)
            for name in step.instruments
            if name not in situation.available
        ),
    )


def _from_now(window: Window, now: datetime) -> Window:
    """Return the window as it is still to be had: what is late may be due until it expires."""
    return replace(
        window,
        target=max(window.target, now),
        earliest=max(window.earliest, now),
        latest=window.latest if window.latest >= now else window.expires_at,
    )


def _moments(
    window: Window, situation: _Situation, due: Mapping[str, datetime]
) -> tuple[datetime, datetime | None] | Text:
    """Return when the notice and when the reminder goes; or what stands against it, the first of all."""
    wide = replace(window, earliest=max(window.opens_at, situation.now), latest=window.expires_at)
    span = Interval(since=min(window.earliest, wide.earliest), until=window.expires_at)
    share = situation.protocol.reminder_share
    near = [Interval(since=at, until=at + MARGIN) for at in situation.elsewhere]
    taken = (((), _NIGHT), (situation.pauses, PAUSED), (situation.blocked, BLOCKED), (near, _TOGETHER))
    free = situation.days.free(span)
    for gaps, reason in taken:
        free = without(free, gaps)
        if fit((window, wide), free, free, share) is None:
            return reason
    most = situation.protocol.most_per_day
    days = situation.days.free(span, skip=_full_days(situation, due))
    for gaps, _ in taken:
        days = without(days, gaps)
    words = ntext(
        "There is %(n)s check-in that day already.", "There are %(n)s check-ins that day already.", most
    )
    return fit((window, wide), days, free, share) or words


def _full_days(situation: _Situation, due: Mapping[str, datetime]) -> Collection[date]:
    """Return the days that have as many notices as the protocol allows after an infusion."""
    if situation.planned:
        return ()
    asked = (*due.values(), *(at for at in situation.elsewhere if at > situation.end))
    counts = Counter(situation.day_of(at) for at in asked)
    return [day for day, count in counts.items() if count >= situation.protocol.most_per_day]
