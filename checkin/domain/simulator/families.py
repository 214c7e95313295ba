"""Which kinds of course there are, how often, and how one patient's curves are drawn."""

from enum import StrEnum

import numpy as np

from checkin.domain.simulator.curves import Cliff, Curve, Jumps, Lasting, Plateau, TwoPhase


class Family(StrEnum):
    """The form of the true course. All but ``MATCH`` differ on purpose from what the estimator assumes."""

    MATCH = "match"
    CLIFF = "cliff"
    BIEXP = "biexp"
    JUMP = "jump"
    NULL = "null"
    PLACEBO = "placebo"
    WORSE = "worse"
    DIURNAL = "diurnal"


class Profile(StrEnum):
    """The kind of patient. ``HYPOMANIA`` responds strongly and is flagged."""

    RAPID = "rapid"
    DELAYED = "delayed"
    NON_RESPONDER = "non-responder"
    WORSENER = "worsener"
    HYPOMANIA = "hypomania"


# Shares: delayed from Hull 2022, worse from McInnes 2022, hypomania from the bipolar review (6 of 235); the
# rest near the 52 % of Han 2016 that respond at 24 h. Drawn with onset and fading, 40 % have improved by
# half at 24 h, by .35 on average (SD .34): fewer and less than in trials (.42, SD .35, in Wilkinson 2018).
SHARES = {
    Profile.RAPID: 0.43,
    Profile.DELAYED: 0.09,
    Profile.NON_RESPONDER: 0.38,
    Profile.WORSENER: 0.08,
    Profile.HYPOMANIA: 0.02,
}
# Mean and SD of the fraction improved at its fullest, before onset and fading take from it; each kind's
# figures are assumed, so that together (mean .40, SD .37) they come near Wilkinson 2018.
SIZES = {
    Profile.RAPID: (0.70, 0.14),
    Profile.DELAYED: (0.70, 0.14),
    Profile.NON_RESPONDER: (0.10, 0.13),
    Profile.WORSENER: (-0.25, 0.12),
    Profile.HYPOMANIA: (0.85, 0.08),
}
PLACEBO_SIZE = (0.14, 0.20)  # control arms of Wilkinson 2018 and Lii 2023
WORSE_SIZE = -0.35  # fraction improved, below zero: everybody in that family is clearly worse (assumed)
SIZE_LIMITS = (-0.5, 1.0)  # assumed
ONSET = (3.5, 0.9)  # median (h), log-SD: 2-4 h over 24 h in An 2021, Daly 2018
DELAYED_ONSET = (36.0, 0.9)  # assumed: more than a day
HALF = (216.0, 0.85)  # Ibrahim 2012, shrunk towards shorter
STEEPNESS = (3.0, 0.3)  # median, log-SD: a plateau, then a fall, fitted the published means best (derived)
WELL_TO_ILL = np.log(2) / (8 * 24)  # per hour: median 8 days well (assumed, near Ibrahim 2012)
ILL_TO_WELL = -np.log(0.9) / 24  # per hour: one in ten ill days ends well (assumed)
LAST_HOUR = 24.0 * 120  # hours after an infusion until which switches are drawn: longer than any record
# From one infusion to the next of a course: Zheng 2019 (13 to 67 %), Shiroma 2014 (25 to 92 %).
NEXT_SIZE = (0.06, 0.12)
NEXT_LOG_SD = 0.3  # assumed

DRUG_FAMILIES = frozenset({Family.MATCH, Family.CLIFF, Family.BIEXP, Family.JUMP})


def draw_profile(family: Family, rng: np.random.Generator) -> Profile:
    """Return the kind of patient for a family, in the shares of the population."""
    if family in DRUG_FAMILIES:
        names = list(SHARES)
        return names[int(rng.choice(len(names), p=list(SHARES.values())))]
    return Profile.WORSENER if family is Family.WORSE else Profile.NON_RESPONDER


def draw_curves(
    family: Family, profile: Profile, infusions: int, rng: np.random.Generator
) -> tuple[Curve, ...]:
    """Return one curve per infusion of a course. What is not a drug effect comes once and is not repeated."""
    if family not in DRUG_FAMILIES:
        return (_lasting(family, rng), *(Lasting(size=0.0, onset=1.0) for _ in range(infusions - 1)))
    size = _clipped(rng.normal(*SIZES[profile]))
    onset = _lognormal(DELAYED_ONSET if profile is Profile.DELAYED else ONSET, rng)
    half = _lognormal(HALF, rng)
    curves: list[Curve] = []
    for _ in range(infusions):
        curves.append(_drug(family, size, onset, half, rng))
        size = _clipped(size + rng.normal(*NEXT_SIZE))
        onset, half = _lognormal((onset, NEXT_LOG_SD), rng), _lognormal((half, NEXT_LOG_SD), rng)
    return tuple(curves)


def _drug(family: Family, size: float, onset: float, half: float, rng: np.random.Generator) -> Curve:
    if family is Family.CLIFF:
        starts = _lognormal((10.0, 0.8), rng)
        return Cliff(
            size=size,
            onset=starts,
            falls=starts + _lognormal((150.0, 0.8), rng),
            collapse=float(rng.uniform(6.0, 36.0)),
            rest=-0.15 if rng.random() < 0.2 else 0.0,
        )
    if family is Family.BIEXP:
        afterglow = float(rng.uniform(0.1, 0.5))
        return TwoPhase(
            afterglow=afterglow,
            afterglow_fades=float(rng.uniform(6.0, 18.0)),
            slow=max(size - afterglow, 0.0),
            slow_fades=_lognormal((300.0, 0.7), rng),
            delay=float(rng.uniform(0.5, 30.0)),
        )
    if family is Family.JUMP:
        # To whom the drug does harm it goes on doing it: nothing is known of a way back and forth.
        return Jumps(size=size, changes=_changes(onset, rng) if size > 0 else (onset,))
    return Plateau(size=size, onset=onset, half=half, steepness=_lognormal(STEEPNESS, rng))


def _changes(onset: float, rng: np.random.Generator) -> tuple[float, ...]:
    at, changes = onset, [onset]
    while at < LAST_HOUR:
        rate = WELL_TO_ILL if len(changes) % 2 else ILL_TO_WELL
        at += float(rng.exponential(1 / rate))
        changes.append(at)
    return tuple(changes)


def _lasting(family: Family, rng: np.random.Generator) -> Curve:
    if family is Family.PLACEBO:
        return Lasting(size=_clipped(rng.normal(*PLACEBO_SIZE)), onset=6.0)
    if family is Family.WORSE:
        return Lasting(size=WORSE_SIZE, onset=_lognormal(ONSET, rng))
    return Lasting(size=0.0, onset=1.0)


def _lognormal(median_and_log_sd: tuple[float, float], rng: np.random.Generator) -> float:
    median, log_sd = median_and_log_sd
    return float(median * np.exp(rng.normal(0.0, log_sd)))


def _clipped(size: float) -> float:
    return float(np.clip(size, *SIZE_LIMITS))
