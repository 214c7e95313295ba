"""A patient over days, told by what was sent and when."""

from datetime import datetime, timedelta

from support.care import given
from support.channel import FakeChannel
from support.clock import Clock
from support.people import World
from support.phones import Reach

from checkin.domain.clock import from_local, to_local
from checkin.domain.message import WAITING
from checkin.domain.person import Zone
from checkin.domain.prompt import UNFINISHED
from checkin.services.deps import Deps
from checkin.services.record_infusion import record
from checkin.storage import messages, patients, prompts

BERLIN = "Europe/Berlin"
Row = tuple[str, str, str]


def local(written: str, zone: str) -> datetime:
    """A moment as a clock in the zone shows it: "2026-03-28 11:00"."""
    at = datetime.fromisoformat(written)
    return from_local(at.date(), at.time(), zone)


def both(step: str, notice: str, reminder: str) -> list[Row]:
    return [(notice, step, "notice"), (reminder, step, "reminder")]


class Story:
    """A patient, their infusions and a scheduler that looks at every moment at which something falls due."""

    def __init__(self, deps: Deps, clock: Clock, channel: FakeChannel, world: World) -> None:
        self.reach = Reach(deps, clock, channel)
        self.deps, self.clock, self.world = self.reach.deps, clock, world

    def lives_in(self, zone: str) -> None:
        with self.deps.transaction() as tx:
            since = Zone(since=self.clock.now() - timedelta(days=1), name=zone)
            patients.add_zone(tx, self.world.patient.id, self.world.clinic.id, since, now=self.clock.now())

    def infusion(self, at: datetime) -> None:
        """It ends now and is recorded at once."""
        self.clock.at = at
        record(self.deps, self.world.staff, self.world.patient.id, given(at))

    def run(self, until: datetime) -> None:
        """Live through the time until then, moment by moment."""
        self.reach.tick()
        while (following := self._following()) is not None and following < until:
            self.clock.set(following)
            self.reach.tick()
        self.clock.set(until)

    def _following(self) -> datetime | None:
        patient, now = self.world.patient.id, self.clock.now()
        with self.deps.reading() as tx:
            planned = [one for one in prompts.prompts_of(tx, patient) if one.state in UNFINISHED]
            waiting = [one.due_at for one in messages.messages_of(tx, patient) if one.state in WAITING]
        moments = [at for one in planned for at in (one.due_at, one.remind_at, one.expires_at)]
        return min((at for at in (*moments, *waiting) if at and at > now), default=None)

    def table(self, zone: str) -> list[Row]:
        """What arrived, by the clocks of a zone."""
        patient = self.world.patient.id
        with self.deps.reading() as tx:
            steps = {one.id: one.step for one in prompts.prompts_of(tx, patient)}
            step_of = {
                one.id: steps[one.prompt_id] for one in messages.messages_of(tx, patient) if one.prompt_id
            }
        return [
            (to_local(at, zone).strftime("%m-%d %H:%M"), step_of[one.message_id], one.kind.value)
            for at, _, one in self.reach.sent
            if one.message_id in step_of
        ]
