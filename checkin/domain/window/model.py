"""What the estimator believes before it has seen a patient: every prior and constant, with its source."""

from dataclasses import dataclass, replace
from datetime import timedelta

from checkin.domain.infusion import COURSE_GAP


@dataclass(frozen=True, kw_only=True)
class Model:
    """Priors of the response curve, and of everything that stands between the curve and a score.

    The level t hours after the END of an infusion is ``b * (1 - f(t))`` with
    ``f(t) = A * (1 - exp(-t / onset)) * (lasting + (1 - lasting) / (1 + (t / half) ** steepness))``.
    Of several infusions each removes its part of what is left. On top of it the true level may wander off
    this form, slowly and by an unknown amount. Times are in hours, scores in points 0-27.
    """

    # The level before the course.
    baseline: tuple[float, float] = (16.0, 4.5)
    """Mean and SD in the clinic's population: moderate to severe (O'Brien 2019-21, McInnes 2022)."""
    baseline_reaches_back: float = 168.0
    """Scores older than this say nothing about the baseline of a course (the protocol's 7 days); those of a
    history from before its first course are baselines by definition, however old."""

    # The size of the effect: A.
    size: tuple[float, float] = (0.40, 0.33)
    """Mean .42, SD .35 at 24 h (Wilkinson 2018, 10 trials), less rating error."""
    size_limits: tuple[float, float] = (-0.5, 1.0)
    """Below 0 is worse than before: 8 % of a clinic's patients (McInnes 2022)."""

    # How fast it comes.
    onset: tuple[float, float] = (3.5, 0.9)
    """Median (h) and log-SD: the effect at 2-4 h over that at 24 h is .62-1 (An 2021, Daly 2018, ASPIRE)."""
    delayed: float = 0.10
    """Share who need a day or more: 9 % (Hull 2022), onset over a day in 3 of 12 (BMJ Open table)."""
    delayed_onset: tuple[float, float] = (36.0, 0.6)
    """Median (h) and log-SD in those; between one day and three (assumed)."""

    # How long it holds.
    half: tuple[float, float] = (216.0, 0.85)
    """Median (h) and log-SD until half is gone: relapse at 10-13 days (Ibrahim 2012), bipolar 4.5 days."""
    brief: float = 0.17
    """Share in whom it is gone within a day: 2 of 12 (BMJ Open table, benefit in suicidal ideation)."""
    brief_half: tuple[float, float] = (15.0, 0.8)
    """Median (h) and log-SD until half is gone in those; within a day in most (assumed)."""
    steepness: tuple[float, float] = (3.0, 0.30)
    """Median and log-SD: a plateau and then a fall fits the mean course of the trials best."""
    lasting: float = 0.25
    """Share in whom part of the effect, any part, stays: 27 % had not relapsed at 28 days (Ibrahim 2012)."""

    # Courses that do not follow the form.
    abrupt: float = 0.20
    """Share who switch within hours rather than drift, and may switch back (assumed)."""
    abrupt_within: tuple[float, float] = (1.0, 9.0)
    """Shortest and longest time (h) that such a switch takes (assumed)."""
    back: tuple[float, float] = (150.0, 1.0)
    """Median (h) and log-SD until an abrupt loss is made good again: about six days (assumed)."""
    wander: tuple[tuple[float, float], ...] = ((0.8, 0.5), (2.0, 0.3), (5.0, 0.2))
    """SD in points of the true level around the form, with the share of patients; together about what
    widens the noise from 2 points over 24 h to 3 points over 48 h, the usual allowance for model error."""
    wander_length: float = 48.0
    """Hours over which the wandering forgets where it was: those of the same allowance."""
    wander_begins: float = 6.0
    """Hours after the first infusion in which the wandering grows to two thirds of its size (assumed)."""

    # What stands between the level and the score.
    white: float = 2.0
    """Points: standard error of measurement 2.5 (Loewe 2004), less the drift below."""
    drift: float = 2.0
    """Points, SD of what a score owes to the day and not to the level (assumed)."""
    drift_length: float = 24.0
    """Day-to-day correlation of ratings .7-.9 (Baryshnikov 2023)."""
    swing: float = 0.7
    """Points, SD of the size of the daily swing; its phase is not known (assumed)."""
    day: float = 24.0
    """Hours of one swing."""
    early_form: float = 1.4
    """Points: seven topics stand for nine (from the graded-response items of the simulator)."""
    confounded: tuple[float, float] = (6.0, 1.4)
    """Until this hour the drug itself blurs the answers: the white noise is this much larger."""
    early_until: float = 12.0
    """The short form is asked sooner than this after an infusion or after the check-in before."""
    rounding: float = 1 / 12
    """Points squared: the variance of a value that is rounded to whole points."""
    outlier: float = 3.0
    """A score further than this many SD from what the others say pulls no harder than one just there."""
    sent_twice: float = 0.25
    """Two answers closer than this are one answer sent twice."""

    # From one infusion to the next.
    next_size: tuple[float, float] = (0.06, 0.12)
    """Mean and SD of the change: a course takes response from 13 to 67 % (Zheng 2019)."""
    next_log_sd: float = 0.35
    """Log-SD of onset and half from one infusion to the next: widens what is known of them by about 1.3."""
    course_gap: float = COURSE_GAP / timedelta(hours=1)
    """Infusions further apart belong to different courses."""
    same_person: float = 0.7
    """Correlation between a person's courses in size, onset and half (assumed)."""

    # The window.
    horizon: float = 336.0
    """Hours after the latest infusion beyond which nothing is said."""
    loss_lasts: float = 12.0
    """A loss shorter than this does not close the window."""
    ahead: float = 24.0
    """Fading looks this far ahead."""
    late_enough: float = 20.0
    """One answer at least this long after an infusion is needed before a window is called open."""
    step: float = 6.0
    """Distance of the hours at which the course is followed."""

    def scaled(self, factor: float) -> "Model":
        """Return the same beliefs on a clock that runs ``factor`` times as long."""

        def median(prior: tuple[float, float]) -> tuple[float, float]:
            return (prior[0] * factor, prior[1])

        return replace(
            self,
            baseline_reaches_back=self.baseline_reaches_back * factor,
            onset=median(self.onset),
            delayed_onset=median(self.delayed_onset),
            half=median(self.half),
            brief_half=median(self.brief_half),
            abrupt_within=(self.abrupt_within[0] * factor, self.abrupt_within[1] * factor),
            back=median(self.back),
            wander_length=self.wander_length * factor,
            wander_begins=self.wander_begins * factor,
            drift_length=self.drift_length * factor,
            day=self.day * factor,
            confounded=median(self.confounded),
            early_until=self.early_until * factor,
            sent_twice=self.sent_twice * factor,
            course_gap=self.course_gap * factor,
            horizon=self.horizon * factor,
            loss_lasts=self.loss_lasts * factor,
            ahead=self.ahead * factor,
            late_enough=self.late_enough * factor,
            step=self.step * factor,
        )


STANDARD = Model()
