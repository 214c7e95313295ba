"""The demo as it was told, with what can be asked about it."""

from support.channel import FakeChannel
from support.clock import Clock
from support.house import make_deps

from checkin.demo.people import email_of
from checkin.demo.seed import DEMO_CLINIC
from checkin.domain.check_in import CheckIn
from checkin.domain.infusion import Infusion
from checkin.domain.person import Person
from checkin.domain.prompt import Prompt
from checkin.domain.trajectory import Trajectory, trace
from checkin.services.deps import Deps
from checkin.services.thresholds import thresholds_of
from checkin.storage import audit, check_ins, clinics, infusions, people, prompts
from checkin.storage.engine import Database


class Told:
    """The demo as it was seeded, with what can be asked about it."""

    def __init__(self, database: Database, clock: Clock, channel: FakeChannel) -> None:
        self.database, self.clock, self.channel = database, clock, channel
        self.deps: Deps = make_deps(database, clock, channel)

    def person(self, name: str) -> Person:
        with self.deps.reading() as tx:
            found = people.find_by_email(tx, email_of(name))
        assert found is not None, name
        return found[0]

    def infusions(self, name: str) -> tuple[Infusion, ...]:
        with self.deps.reading() as tx:
            return infusions.infusions_of(tx, self.person(name).id)

    def prompts(self, name: str) -> tuple[Prompt, ...]:
        with self.deps.reading() as tx:
            return prompts.prompts_of(tx, self.person(name).id)

    def check_ins(self, name: str) -> tuple[CheckIn, ...]:
        with self.deps.reading() as tx:
            return check_ins.check_ins_of(tx, self.person(name).id)

    def trajectory(self, name: str) -> Trajectory:
        with self.deps.reading() as tx:
            thresholds = thresholds_of(clinics.get_clinic(tx, DEMO_CLINIC))
        return trace(self.check_ins(name), self.infusions(name), self.prompts(name), thresholds)

    def responded(self, name: str) -> list[bool]:
        """Whether each score since the last infusion is a response."""
        points = self.trajectory(name).courses[-1].series[-1].after
        return [bool(point.outcome and point.outcome.response) for point in points]

    def events(self) -> list[audit.Entry]:
        """The whole audit, first event first."""
        with self.deps.reading() as tx:
            return list(reversed(audit.events_of(tx, DEMO_CLINIC, limit=5000)))


class Loud:
    """A log that lets every fault through."""

    def info(self, event: str, **values: object) -> None: ...

    def fault(self, event: str, error: BaseException, **values: object) -> None:
        raise error
