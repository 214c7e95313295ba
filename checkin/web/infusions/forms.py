"""The form an infusion is recorded and corrected with."""

from decimal import Decimal, InvalidOperation

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from checkin.domain.clock import read_local, to_local
from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.infusion import Dose, DoseUnit, Infusion, InfusionState, Route
from checkin.domain.words import text
from checkin.services.record_infusion import Draft
from checkin.web.form_base import Form

ROUTES = {
    Route.INTRAVENOUS: _l("Into a vein"),
    Route.INTRAMUSCULAR: _l("Into a muscle"),
    Route.SUBCUTANEOUS: _l("Under the skin"),
    Route.NASAL: _l("Nose spray"),
    Route.ORAL: _l("Swallowed"),
    Route.SUBLINGUAL: _l("Under the tongue"),
    Route.OTHER: _l("Another way"),
}
_STATES = [
    SelectChoice(InfusionState.GIVEN.value, _l("It has been given")),
    SelectChoice(InfusionState.PLANNED.value, _l("It is planned")),
]
_ROUTES = [SelectChoice("", _l("Not stated")), *(SelectChoice(*route) for route in ROUTES.items())]
_LARGEST_DOSE = 10_000  # far above any dose in mg; catches a slipped decimal point only


class InfusionForm(Form):
    """``revision`` is the one the page showed, empty for a new infusion."""

    state = RadioField(
        _l("Has it been given?"), [InputRequired(_l("Select whether it was given."))], choices=_STATES
    )
    day = StringField(_l("Day"), [InputRequired(_l("Enter a date."))], render_kw={"type": "date"})
    time = StringField(_l("Time it ended"), [InputRequired(_l("Enter a time."))], render_kw={"type": "time"})
    route = SelectField(_l("How it is given"), choices=_ROUTES, default="")
    amount = StringField(_l("Dose"), [Optional(), Length(max=12)], render_kw={"inputmode": "decimal"})
    unit = SelectField(_l("Unit"), choices=[unit.value for unit in DoseUnit])
    note = TextAreaField(_l("Note for the care team"), [Optional(), Length(max=2000)])
    revision = HiddenField()

    def put(self, described: Infusion | Draft) -> None:
        """Show how it is or was given, beside the time that the form shows."""
        self.route.data = described.route.value if described.route else ""
        self.amount.data = f"{described.dose.amount.normalize():f}" if described.dose else ""
        self.unit.data = described.dose.unit.value if described.dose else DoseUnit.MG.value
        self.note.data = described.note or ""

    def draft(self, zone: str) -> Draft:
        """Return what was typed. Raises ``Problems`` naming each field that cannot be read."""
        wrong: list[Refusal] = []
        at, dose = None, None
        try:
            at = read_local(self.day.data or "", self.time.data or "", zone)
        except Problems as problems:
            wrong += problems.items
        try:
            dose = self._dose()
        except Invalid as invalid:
            wrong.append(invalid)
        if wrong or at is None:
            raise Problems(tuple(wrong))
        return Draft(
            state=InfusionState(self.state.data),
            at=at,
            zone=zone,
            route=Route(self.route.data) if self.route.data else None,
            dose=dose,
            note=(self.note.data or "").strip() or None,
        )

    def _dose(self) -> Dose | None:
        typed = (self.amount.data or "").strip().replace(",", ".")
        if not typed:
            return None
        try:
            amount = Decimal(typed)
        except InvalidOperation:
            amount = Decimal(0)
        if not amount.is_finite() or not 0 < amount <= _LARGEST_DOSE:
            raise Invalid(text("Enter the dose as a number, for example 0.5 or 40."), field="amount")
        return Dose(amount=amount, unit=DoseUnit(self.unit.data))


def filled_from(infusion: Infusion, zone: str, *, state: InfusionState | None = None) -> InfusionForm:
    """A form that shows an infusion as it is recorded."""
    local = to_local(infusion.at, zone)
    form = InfusionForm(
        formdata=None,
        state=(state or infusion.state).value,
        day=local.date().isoformat(),
        time=f"{local:%H:%M}",
        revision=str(infusion.revision),
    )
    form.put(infusion)
    return form
