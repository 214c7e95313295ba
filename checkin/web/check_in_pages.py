"""The check-in's pages, the same whether they are opened by link or signed in."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, generate_csrf, validate_csrf
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from checkin.domain.errors import Refusal, Unavailable
from checkin.domain.ids import ClinicId
from checkin.services import help_page
from checkin.services.open_check_in import OpenForm
from checkin.services.submission import NOTE_LENGTH, Submission
from checkin.web.context import deps
from checkin.web.help.views import help_calls
from checkin.web.look import switched
from checkin.web.refusals import by_field
from checkin.web.stencil import fill

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_HIDDEN = frozenset({"csrf_token", "key", "fetched", "note", "assisted", "dim", "waited"})


@dataclass(frozen=True, kw_only=True)
class Filled:
    """What the form shows: values typed before, errors by field, and the key of this submission."""

    values: Mapping[str, str]
    errors: Mapping[str, str]
    key: str
    status: int = 200


def blank() -> Filled:
    """A form nobody has touched; its key is made once and stays through every retry."""
    return Filled(values={}, errors={}, key=secrets.token_urlsafe(24))


def form_page(
    opened: OpenForm,
    filled: Filled,
    *,
    action: str,
    thanks: str,
    later: str | None = None,
    replaces: bool = False,
) -> ResponseReturnValue:
    """Show the form with whatever was typed; ``thanks`` is the page after it, for the script that sends it.

    ``later`` is where it can be put off, ``replaces`` says that answers were sent before.
    """
    dim, look = switched()
    asked = {
        "form": opened.form,
        "replaces": replaces,
        "minutes": opened.minutes,
        "count": len(opened.form.questions),
        "note_allowed": True,
        "clinic_words": clinic_words(opened.clinic_id, settling=opened.settling),
        "note_length": NOTE_LENGTH,
        "calls": help_calls(help_page.numbers(deps(), opened.clinic_id)),
        "dim": dim,
        "look": look,
    }
    holes = {
        "action": action,
        "thanks": thanks,
        "csrf": generate_csrf(),
        "key": filled.key,
        "fetched": filled.values.get("fetched") or opened.fetched,
    }
    if later is not None:
        holes["later"] = later
    if not filled.values and not filled.errors:
        return fill("check_in/form.html", holes, **asked), filled.status
    page = render_template("check_in/form.html", values=filled.values, errors=filled.errors, **asked, **holes)
    return page, filled.status


def clinic_words(clinic: ClinicId, *, settling: bool) -> str:
    """The clinic's own words about the day of the infusion, while it lasts."""
    return help_page.day_of_infusion_words(deps(), clinic) if settling else ""


def submission(*, changes: bool = False) -> Submission:
    """Read what was sent; nothing is judged yet."""
    form: MultiDict[str, str] = request.form
    return Submission(
        key=form.get("key", ""),
        submitted={name: value for name, value in form.items() if name not in _HIDDEN},
        note=form.get("note", ""),
        assisted=bool(form.get("assisted")),
        fetched=form.get("fetched", ""),
        changes=changes,
        waited=_waited(form.get("waited", "")),
    )


def _waited(seconds: str) -> timedelta:
    """How long a script says that it kept the answers; what is no number is no time."""
    return timedelta(seconds=int(seconds)) if _SECONDS.fullmatch(seconds) else timedelta(0)


def came_from_our_page() -> bool:
    """Whether the form token fits this browser.

    Checked here and not before the view, so that a form left open too long keeps its answers.
    """
    try:
        validate_csrf(request.form.get("csrf_token"))
    except (CSRFError, ValidationError):
        return False
    return True


def again(sent: Submission, refusal: Refusal | None) -> Filled:
    """The form as it was sent, with what was wrong beside each question."""
    errors = by_field(refusal) if refusal is not None else {"": _stale()}
    values = {**sent.submitted, "note": sent.note, "fetched": sent.fetched}
    values |= {"assisted": "1"} if request.form.get("assisted") else {}
    # Not the sender's fault when the database is locked or full: to be sent again as it is.
    status = 503 if isinstance(refusal, Unavailable) else 422
    return Filled(values=values, errors=errors, key=sent.key, status=status)


def _stale() -> str:
    return _("This page was open for a long time. Your answers are still here: please send them again.")


def closed_page() -> ResponseReturnValue:
    """A link that is used, too late or unknown: always the same words, so that nobody learns which."""
    return render_template("check_in/closed.html", check_in_url=url_for("patient.check_in")), 404
