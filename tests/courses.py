"""Made-up infusions, check-ins and prompts for tests of trajectories and charts; hours count from START."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from checkin.domain.check_in import CheckIn, Line, Score
from checkin.domain.ids import CheckInId, InfusionId, PersonId, PromptId
from checkin.domain.infusion import Dose, DoseUnit, Infusion, InfusionState, Route
from checkin.domain.prompt import Prompt, PromptState
from checkin.domain.trajectory import Trajectory, trace

START = datetime(2026, 3, 3, 15, 30, tzinfo=UTC)
PATIENT = PersonId(UUID(int=1))


def at(hours: float) -> datetime:
    """Return the moment this many hours after START."""
    return START + timedelta(hours=hours)


def infusion(
    hours: float = 0, *, number: int = 1, dose: str = "0.5", state: InfusionState = InfusionState.GIVEN
) -> Infusion:
    return Infusion(
        id=InfusionId(UUID(int=100 + number)),
        patient_id=PATIENT,
        state=state,
        at=at(hours),
        zone="America/New_York",
        route=Route.INTRAVENOUS,
        dose=Dose(amount=Decimal(dose), unit=DoseUnit.MG_PER_KG),
    )


def check_in(hours: float, value: float, *, number: int | None = None, **changes: object) -> CheckIn:
    """A check-in with one score; ``line``, ``maximum``, ``instrument`` and ``prorated`` go to the score."""
    identity = number if number is not None else 1_000_000 + round(hours * 60)
    score = Score(
        instrument=str(changes.pop("instrument", "phq-style-24h|1")),
        line=str(changes.pop("line", Line.PHQ_STYLE)),
        value=value,
        maximum=float(str(changes.pop("maximum", 27))),
        prorated=bool(changes.pop("prorated", False)),
    )
    values: dict[str, object] = {
        "id": CheckInId(UUID(int=identity)),
        "patient_id": PATIENT,
        "infusion_id": None,
        "prompt_id": PromptId(UUID(int=identity)),
        "answered_at": at(hours),
        "received_at": at(hours),
        "answers": {},
        "scores": (score,),
    }
    return CheckIn(**(values | changes))  # type: ignore[arg-type]


def prompt(
    hours: float, state: PromptState, *, number: int = 1, opens: float = 0, expires: float = 3
) -> Prompt:
    due = at(hours)
    return Prompt(
        id=PromptId(UUID(int=900_000_000 + round(hours * 60))),
        patient_id=PATIENT,
        infusion_id=InfusionId(UUID(int=100 + number)),
        step=f"hour {hours:g}",
        state=state,
        opens_at=due - timedelta(hours=opens),
        due_at=due,
        remind_at=due + timedelta(hours=expires / 2),
        expires_at=due + timedelta(hours=expires),
        zone="America/New_York",
        instruments=("phq-style-24h|1",),
        notified=state not in {PromptState.PLANNED, PromptState.CANCELLED},
    )


def missed(hours: float) -> Prompt:
    return prompt(hours, PromptState.EXPIRED)


def traced(
    scores: Sequence[tuple[float, float]],
    *,
    missed_at: Sequence[float] = (),
    infusions: Sequence[float] = (0,),
) -> Trajectory:
    """Return the trajectory of (hours, score) pairs, the infusions and the prompts nobody answered."""
    return trace(
        [check_in(hours, value, prorated=0 <= hours < 12) for hours, value in scores],
        [infusion(hours, number=number) for number, hours in enumerate(infusions, start=1)],
        [missed(hours) for hours in missed_at],
    )


class English:
    """The reader of these tests: no catalogue, moments as the app writes them."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural

    def moment(self, at: datetime, zone: str) -> str:
        local = at.astimezone(ZoneInfo(zone))
        hour = local.hour % 12 or 12
        half = "am" if local.hour < 12 else "pm"
        return f"{local:%A} {local.day} {local:%B}, {hour}:{local.minute:02}{half}"
