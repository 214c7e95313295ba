"""Who is in the demo: made-up people, no two alike. None of them exists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum

from checkin.domain.consent import Scope
from checkin.domain.infusion import Route
from checkin.domain.simulator.families import Family, Profile

PASSWORD = "paper boat harbour"  # noqa: S105 - for made-up people only; the demo says it aloud
STAFF = ("Ruth Adeyemi", "Tom Lindgren", "Priya Nair")
HANNAH, MARCUS, SOFIA = THERAPISTS = ("Hannah Weiss", "Marcus Bell", "Sofia Duarte")
CLINIC = "the clinic"

EVERYTHING = frozenset(Scope)
CHART = frozenset({Scope.SCORES})
CHART_AND_ANSWERS = frozenset({Scope.SCORES, Scope.ANSWERS})
ALL_BUT_NOTES = EVERYTHING - {Scope.NOTES}


class Habit(StrEnum):
    """What somebody does with one check-in, other than answering it once and in time."""

    DECLINES = "declines"
    CHANGES = "changes"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class MadeUpPatient:
    """One patient. Days count back from today; hours count from the END of the first infusion.

    ``kind`` and ``seed`` are the simulator's. ``infusions``: days ago, the first one first, each ending at
    the local time ``ends``; ``ahead``: days until planned ones. ``answers``: the share of check-ins answered.
    ``shares``: recipient → what they may do. ``silent``: hours in which nothing is answered. ``unprompted``:
    hours at which a check-in is sent that nobody asked for. ``habits``: by step of the first infusion.
    ``notes``: what is written beside the answers, the n-th answer first.
    """

    name: str
    kind: Family | Profile
    seed: int
    infusions: tuple[int, ...] = ()
    ends: time = time(11, 40)
    ahead: tuple[int, ...] = ()
    route: Route = Route.INTRAVENOUS
    dose: str = "0.5"
    answers: float = 0.9
    shares: Mapping[str, frozenset[Scope]] = field(default_factory=dict)
    withdrew_from: str = ""
    silent: tuple[float, float] = (0, 0)
    unprompted: tuple[float, ...] = ()
    habits: Mapping[str, Habit] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)
    thoughts: tuple[float, float] = (0, 0)
    alarm_hours_ago: float = 0
    records_alone: bool = False
    reminders: bool = True
    discharged: bool = False
    signed_in: bool = True
    armed: bool = False


def email_of(name: str) -> str:
    """The address somebody of the demo signs in with; nothing sent there can arrive (RFC 2606)."""
    return f"{name.split()[0].lower()}@demo.example"


# The first is in the hours after an infusion when the demo begins; the second has shared nothing yet.
PATIENTS = (
    MadeUpPatient(
        name="Maya Lindqvist",
        kind=Profile.RAPID,
        seed=4,
        infusions=(13,),
        shares={HANNAH: EVERYTHING, CLINIC: CHART_AND_ANSWERS},
        notes={2: "Quieter in my head than this morning.", 5: "Went for a walk by the lake."},
        armed=True,
    ),
    MadeUpPatient(name="Jonas Albrecht", kind=Profile.RAPID, seed=16, infusions=(19,), ends=time(10, 50)),
    MadeUpPatient(
        name="Amara Okafor",
        kind=Profile.RAPID,
        seed=19,
        infusions=(24, 22, 19, 17, 14, 12),
        answers=0.95,
        shares={HANNAH: EVERYTHING, CLINIC: EVERYTHING},
        notes={8: "Cooked for my sister for the first time this year."},
    ),
    MadeUpPatient(
        name="Ingrid Solberg",
        kind=Profile.NON_RESPONDER,
        seed=10,
        infusions=(18, 15, 11),
        dose="0.75",
        shares={HANNAH: ALL_BUT_NOTES, CLINIC: CHART},
    ),
    MadeUpPatient(
        name="Peter Novak",
        kind=Profile.WORSENER,
        seed=35,
        infusions=(5,),
        ends=time(13, 5),
        shares={HANNAH: EVERYTHING},
        notes={3: "Could not get up today."},
    ),
    MadeUpPatient(
        name="Leila Haddad",
        kind=Profile.NON_RESPONDER,
        seed=14,
        infusions=(5,),
        shares={HANNAH: EVERYTHING, MARCUS: CHART},
        alarm_hours_ago=2.6,
    ),
    MadeUpPatient(
        name="Samuel Osei",
        kind=Profile.RAPID,
        seed=31,
        infusions=(10,),
        ends=time(12, 30),
        shares={MARCUS: EVERYTHING},
        habits={"hour-48": Habit.CHANGES},
    ),
    MadeUpPatient(
        name="Yuki Tanabe",
        kind=Profile.RAPID,
        seed=23,
        infusions=(13,),
        silent=(30, 130),
        shares={MARCUS: CHART_AND_ANSWERS},
        notes={6: "My phone was broken."},
    ),
    MadeUpPatient(
        name="Clara Benedetti",
        kind=Profile.HYPOMANIA,
        seed=5,
        infusions=(15,),
        ends=time(10, 40),
        shares={MARCUS: EVERYTHING, CLINIC: CHART_AND_ANSWERS},
        unprompted=(30, 61),
    ),
    MadeUpPatient(
        name="Oliver Grant",
        kind=Profile.NON_RESPONDER,
        seed=4,
        infusions=(28, 20),
        answers=0.45,
        shares={MARCUS: CHART},
    ),
    MadeUpPatient(
        name="Zofia Maj",
        kind=Family.CLIFF,
        seed=2,
        infusions=(14,),
        route=Route.INTRAMUSCULAR,
        shares={MARCUS: EVERYTHING},
        habits={"day-5": Habit.LATE},
    ),
    MadeUpPatient(
        name="Nora Fitzgerald",
        kind=Family.BIEXP,
        seed=31,
        infusions=(17, 3),
        shares={SOFIA: ALL_BUT_NOTES},
        thoughts=(-60, 20),
    ),
    MadeUpPatient(
        name="Elias Virtanen",
        kind=Profile.RAPID,
        seed=22,
        infusions=(29, 22, 15, 8),
        ends=time(11, 10),
        dose="0.6",
        shares={SOFIA: EVERYTHING, CLINIC: CHART},
        ahead=(6,),
    ),
    MadeUpPatient(
        name="Fatima Rahmani",
        kind=Family.DIURNAL,
        seed=12,
        infusions=(9,),
        shares={SOFIA: CHART_AND_ANSWERS},
        habits={"evening-1": Habit.DECLINES},
    ),
    MadeUpPatient(
        name="George Papadakis",
        kind=Family.PLACEBO,
        seed=22,
        infusions=(35,),
        shares={SOFIA: CHART},
        discharged=True,
    ),
    MadeUpPatient(
        name="Anika Sharma",
        kind=Profile.DELAYED,
        seed=37,
        infusions=(4,),
        ends=time(13, 20),
        shares={HANNAH: CHART_AND_ANSWERS, CLINIC: EVERYTHING},
    ),
    MadeUpPatient(
        name="Esther Nakamura",
        kind=Profile.RAPID,
        seed=55,
        infusions=(4,),
        ends=time(12, 30),
        shares={HANNAH: CHART_AND_ANSWERS},
    ),
    MadeUpPatient(
        name="Callum Fraser",
        kind=Profile.RAPID,
        seed=47,
        infusions=(4,),
        ends=time(10, 10),
        shares={HANNAH: CHART_AND_ANSWERS},
    ),
    MadeUpPatient(
        name="Rosa Jimenez",
        kind=Profile.RAPID,
        seed=41,
        infusions=(0,),
        ends=time(8, 30),
        shares={HANNAH: CHART_AND_ANSWERS},
    ),
    MadeUpPatient(
        name="Ruben Castillo",
        kind=Profile.RAPID,
        seed=14,
        infusions=(1,),
        ends=time(10, 20),
        shares={SOFIA: EVERYTHING},
        records_alone=True,
    ),
    MadeUpPatient(
        name="Sinead Byrne", kind=Family.NULL, seed=1, ahead=(2,), shares={MARCUS: CHART_AND_ANSWERS}
    ),
    MadeUpPatient(
        name="Tariq Mansour",
        kind=Profile.RAPID,
        seed=27,
        infusions=(11,),
        reminders=False,
        unprompted=(5, 27, 49, 96, 170),
        shares={SOFIA: CHART},
    ),
    MadeUpPatient(
        name="Beatrice Owusu",
        kind=Profile.RAPID,
        seed=3,
        infusions=(23,),
        ends=time(12, 5),
        shares={MARCUS: EVERYTHING},
        withdrew_from=MARCUS,
    ),
    MadeUpPatient(name="Henrik Dahl", kind=Family.NULL, seed=2, signed_in=False),
)
