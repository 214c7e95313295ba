"""Answers that a script sends for a phone: every reply names their key, so nothing else passes for it."""

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from checkin.domain.errors import Conflict, NotFound, Refusal, Unavailable
from checkin.domain.ids import ClinicId
from checkin.services.answer_check_in import Saved
from checkin.services.open_check_in import LinkOver, Over
from checkin.services.submission import Submission
from checkin.web.after_sending import remember, who_looks
from checkin.web.same_origin import FromElsewhere, require_same_origin
from checkin.web.speech import said

KEY = "Idempotency-Key"


def by_script() -> bool:
    """Whether a script of ours sends what was kept on the phone; no form and no other site can do so."""
    return KEY in request.headers


def receipt(
    sent: Submission, save: Callable[[Submission], Saved], clinic: Callable[[], ClinicId]
) -> ResponseReturnValue:
    """Save and acknowledge: 200 saved, 409 saved before with other answers, 403, 404 and 422 never taken.

    What may be taken later is no refusal and names no key: 401 when it is not for whoever is signed in, and
    ``Unavailable``, which is raised. ``clinic`` is asked only when answers need somebody to look.
    """
    try:
        require_same_origin()
        saved = save(sent)
    except Unavailable:
        raise
    except LinkOver as over:
        return {"key": sent.key, "error": said(over.text)}, 404
    except NotFound:
        return for_somebody_else()
    except (FromElsewhere, Refusal) as refusal:
        return {"key": sent.key, "error": said(refusal.text)}, _status(refusal)
    remember(saved)
    return {"key": sent.key, "words": _who_is_told(clinic()) if saved.safety else ""}


def _status(refusal: Refusal) -> int:
    if isinstance(refusal, FromElsewhere):
        return 403
    if isinstance(refusal, Conflict):
        return 409
    return 404 if isinstance(refusal, Over) else 422


def for_somebody_else() -> ResponseReturnValue:
    """Say that the one who answered has to sign in: on a shared phone somebody else may be there now."""
    return {"error": "sign_in"}, 401


def _who_is_told(clinic: ClinicId) -> str:
    looks = who_looks(clinic)
    words = [_("Your answers are saved and sent. Your care team gets an alert about this.")]
    words.append(_("They are not watching at all hours."))
    if looks["looks_until"]:
        words.append(_("Somebody looks at alerts until %(looks_until)s.", looks_until=looks["looks_until"]))
    elif looks["next_check"]:
        words.append(_("They next look on %(next_check)s.", next_check=looks["next_check"]))
    return " ".join(words)
