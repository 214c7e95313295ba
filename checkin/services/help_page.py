"""Who to call: the clinic's numbers and when its care team reads."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checkin.domain.clinic import ClinicSettings, HelpNumber, next_reading, reading_until
from checkin.domain.ids import ClinicId
from checkin.services.deps import Deps
from checkin.storage import clinics

_KEPT_FOR = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class HelpLines:
    """Numbers in the order in which to show them.

    ``looks_until``: the care team looks now, and until then; ``next_check``: when it next looks, if known.
    """

    numbers: tuple[HelpNumber, ...]
    settings: ClinicSettings | None
    next_check: datetime | None
    looks_until: datetime | None


class _Kept:
    """The settings of a clinic as they were a moment ago: every check-in that is opened shows of them."""

    def __init__(self) -> None:
        self._known: dict[ClinicId, tuple[datetime, ClinicSettings]] = {}

    def get(self, deps: Deps, clinic: ClinicId) -> ClinicSettings:
        now = deps.now()
        since, found = self._known.get(clinic, (now, None))
        if found is None or not since <= now < since + _KEPT_FOR:
            with deps.reading() as tx:
                found = clinics.get_clinic(tx, clinic).settings
            self._known[clinic] = (now, found)
        return found


_kept = _Kept()


def numbers(deps: Deps, clinic: ClinicId) -> tuple[HelpNumber, ...]:
    """Return a clinic's numbers, at most a minute old. Raises ``NotFound``."""
    return _kept.get(deps, clinic).numbers


def day_of_infusion_words(deps: Deps, clinic: ClinicId) -> str:
    """Return what a clinic says about the day of the infusion, at most a minute old. Raises ``NotFound``."""
    return _kept.get(deps, clinic).day_of_infusion_words


def help_lines(deps: Deps, clinic: ClinicId | None) -> HelpLines:
    """Return the numbers of a clinic, or of this install's first one for a stranger."""
    with deps.reading() as tx:
        own = None if clinic is None else clinics.get_clinic(tx, clinic)
        found = clinics.all_clinics(tx)[:1] if own is None else (own,)
    if not found:
        return HelpLines(numbers=(), settings=None, next_check=None, looks_until=None)
    settings, now = found[0].settings, deps.now()
    return HelpLines(
        numbers=settings.numbers,
        settings=settings,
        next_check=next_reading(settings, now),
        looks_until=reading_until(settings, now),
    )
