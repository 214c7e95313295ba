"""Notes: what the marks of the therapist's chart mean, each said only where it is drawn."""

from checkin.charts.therapist_drawing import Picture
from checkin.charts.view import View
from checkin.charts.window import Layer
from checkin.charts.words import dose_words, in_a_row
from checkin.domain.improvement import whole
from checkin.domain.standing import baseline_words
from checkin.domain.window.sentence import CAVEAT, percent
from checkin.domain.window.states import LIKELY, OPEN
from checkin.domain.words import Text, text


def notes(picture: Picture) -> list[Text]:
    """Return what there is to say, the whole picture first, then one kind of mark after another."""
    view = picture.view
    found = [text("Lower means fewer symptoms.")]
    if view.gaps:
        found.append(text("No line runs through a check-in that was not answered."))
    if len(view.series) == 1:
        found.append(text("The first hours are drawn wider than later days."))
    else:
        found += _doses(view)
    found += _levels(picture)
    if picture.layer is not None:
        found += _estimate(picture.layer)
    if view.others:
        found.append(text("The small charts have axes of their own."))
    return found


def _doses(view: View) -> list[Text]:
    doses = [dose_words(series.infusion) for series in view.series]
    known = [dose for dose in doses if dose is not None]
    if not known:
        return []
    if len(known) == len(doses) and all(dose == known[0] for dose in known):
        return [text("Dose each time: %(dose)s.", dose=known[0])]
    listed = in_a_row([dose or text("not recorded") for dose in doses], between=", ")
    return [text("Doses in order: %(doses)s.", doses=listed)]


def _levels(picture: Picture) -> list[Text]:
    if picture.baseline is None:
        return []
    found = [text("Line “before”: %(baseline)s.", baseline=baseline_words(picture.baseline))]
    if picture.response is not None:
        share = whole(picture.thresholds.response_share * 100)
        found.append(text("Dotted line “response”: %(percent)s %% lower.", percent=share))
    found.append(
        text(
            "Band around “before”: where 8 of 10 scores would lie if nothing had changed, from the usual"
            " spread of such scores and this person's own."
        )
    )
    return found


def _estimate(layer: Layer) -> list[Text]:
    found = [text("Band with a thin line: by the estimate the level lies in it 8 times of 10.")]
    if layer.ahead:
        found.append(text("Dashed part of the thin line: what is ahead."))
    if layer.shaded:
        found.append(text("Shaded: the window, darker where it is more likely open."))
    if layer.open_spans:
        found.append(
            text(
                "Solid line at the top: open by the estimate, %(percent)s %% or more.", percent=percent(OPEN)
            )
        )
    if layer.likely_spans != layer.open_spans:
        found.append(
            text(
                "Dashed line at the top: more likely open than not, %(percent)s %% or more.",
                percent=percent(LIKELY),
            )
        )
    return [*found, text("%(caveat)s.", caveat=CAVEAT)]
