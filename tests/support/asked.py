"""One prompt that is open, with its link, and what becomes of it."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import func, select
from support.care import a_link, fill, open_prompts, prompts_of, submission
from support.clock import Clock

from checkin.domain.check_in import CheckIn
from checkin.domain.person import Person
from checkin.domain.prompt import PromptState
from checkin.services import answer_check_in, open_check_in
from checkin.services.answer_check_in import Saved
from checkin.services.deps import Deps
from checkin.services.open_check_in import OpenForm
from checkin.services.remind import remind
from checkin.storage import check_ins
from checkin.storage.all_tables import metadata
from checkin.storage.engine import Database


class Asked:
    """A patient's prompt that is open for six hours."""

    def __init__(self, deps: Deps, database: Database, patient: Person, clock: Clock) -> None:
        self.deps, self.patient, self.clock = deps, patient, clock
        (self.prompt,) = open_prompts(database, patient, clock.now())
        self.link = a_link(database, patient, self.prompt, clock.now())

    def open(self) -> OpenForm:
        return open_check_in.open_by_link(self.deps, self.link)

    def answers(self, weight: int = 1, safety: int = 0) -> dict[str, str]:
        return fill(self.open().form, weight=weight, safety=safety)

    def send(self, submitted: Mapping[str, str] | None = None, **more: object) -> Saved:
        sent = submission(self.answers() if submitted is None else submitted, **more)  # type: ignore[arg-type]
        return answer_check_in.answer_by_link(self.deps, self.link, sent)

    def state(self) -> PromptState:
        return next(p.state for p in prompts_of(self.deps, self.patient) if p.id == self.prompt.id)

    def be_late(self, after: timedelta, *, tick: bool) -> str:
        """Fetch the form in time, then wait until so long after the expiry; return the form's stamp.

        ``tick``: the scheduler looks at the prompt meanwhile.
        """
        self.clock.set(self.prompt.expires_at - timedelta(minutes=1))
        stamp = self.open().fetched
        self.clock.set(self.prompt.expires_at + after)
        if tick:
            remind(self.deps)
        return stamp


def stored(deps: Deps, patient: Person) -> tuple[CheckIn, ...]:
    with deps.reading() as tx:
        return check_ins.check_ins_of(tx, patient.id)


def rows(deps: Deps, table: str = "check_ins") -> int:
    """How many rows a table has."""
    with deps.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one())
