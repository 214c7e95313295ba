"""Forms of consent: one yes or no for each purpose, none chosen beforehand."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from checkin.domain.consent import SCOPE_WORDS, Scope
from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.words import text
from checkin.web.form_base import Form

YES, NO = "yes", "no"
_ANSWERS = [SelectChoice(YES, _l("Yes")), SelectChoice(NO, _l("No"))]
_NEED_SCORES = (Scope.ANSWERS, Scope.NOTES, Scope.EXPORT)
"""Answers and notes stand on a page that opens only with the scores; a copy holds what is shared."""


def _yes_or_no(scope: Scope, select: str) -> RadioField:
    # The label is the very sentence whose hash is kept with the grant.
    return RadioField(_l(SCOPE_WORDS[scope].message), [InputRequired(select)], choices=_ANSWERS)


class AccessForm(Form):
    """What one recipient may see or do; each field is named after its scope."""

    scores = _yes_or_no(Scope.SCORES, _l("Select yes or no for your scores."))
    answers = _yes_or_no(Scope.ANSWERS, _l("Select yes or no for your answers."))
    notes = _yes_or_no(Scope.NOTES, _l("Select yes or no for your notes."))
    export = _yes_or_no(Scope.EXPORT, _l("Select yes or no for a copy."))
    record_infusions = _yes_or_no(Scope.RECORD_INFUSIONS, _l("Select yes or no for recording infusions."))

    def ask_only(self, scopes: Iterable[Scope]) -> None:
        """Leave out what cannot be chosen."""
        for scope in Scope:
            if scope not in scopes:
                del self[scope.value]

    def chosen(self) -> frozenset[Scope]:
        """Return what was answered with yes. Raises ``Problems`` for a yes that would do nothing."""
        yes = frozenset(scope for scope in Scope if scope.value in self and self[scope.value].data == YES)
        if Scope.SCORES not in yes and Scope.SCORES.value in self:
            useless = [Invalid(_NEEDED, field=scope.value) for scope in _NEED_SCORES if scope in yes]
            if useless:
                raise Problems(tuple(useless))
        return yes


_NEEDED = text("This comes together with your scores. Select yes for your scores too, or no here.")


class TherapistForm(AccessForm):
    """Somebody the patient brings along."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter the name of your therapist.")), Length(max=200)])
    email = EmailField(
        _l("E-mail"),
        [InputRequired(_l("Enter the e-mail address of your therapist.")), Length(max=254)],
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    def show(self, refusal: Refusal) -> str:
        """Put what is said about all the choices beside the first one."""
        if refusal.field == "scopes":
            refusal = Invalid(refusal.text, field=Scope.SCORES.value)
        return super().show(refusal)
