"""Side effects that somebody should look into: feeling unreal a day later, and signs from the bladder."""

from checkin.domain.check_in import CheckIn
from checkin.domain.instruments import builtin_instruments

SETTLED = 20.0
"""Hours after an infusion at which the check-in of the next day opens. In the NIMH's trials people felt
unreal 40 minutes after its start and no later, after esketamine for up to 1.5 hours (label): a day later is a
reason to call."""
_SIGNS = 2
"""Signs from the bladder that together are a reason to see a clinician, as blood is alone. More than a
quarter of those who use ketamine regularly have such signs; there are case reports from treatment, too."""
_BLOOD = "blood"


def still_unreal(check_in: CheckIn, hours: float) -> bool:
    """Say whether somebody felt unreal so many hours after an infusion that it should have passed."""
    return hours >= SETTLED and _total(check_in, "dissociation") > 0


def bladder(check_in: CheckIn) -> bool:
    """Say whether there was blood in the urine, as far as single answers are known, or two other signs."""
    blood = check_in.answers.get(builtin_instruments()["urinary"].reference, {}).get(_BLOOD)
    return bool(blood) or _total(check_in, "urinary") >= _SIGNS


def _total(check_in: CheckIn, name: str) -> float:
    """The sum of what was answered; of a reader who sees no answers, the score, which wants all of them."""
    instrument = builtin_instruments()[name]
    given = check_in.answers.get(instrument.reference)
    if given is not None:
        return sum(weight or 0 for weight in given.values())
    return next((score.value for score in check_in.scores if score.line == instrument.line), 0)
