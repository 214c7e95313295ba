"""What all forms share: the token, and refusals shown beside the field they are about."""

from flask_wtf import FlaskForm

from checkin.domain.errors import Problems, Refusal
from checkin.web.speech import said


class Form(FlaskForm):
    """A form that keeps what was typed and can show a refusal of a service."""

    def show(self, refusal: Refusal) -> str:
        """Put the words beside their field; return what belongs to no field, else an empty text."""
        rest = []
        for item in refusal.items if isinstance(refusal, Problems) else (refusal,):
            field = self._fields.get(item.field) if item.field else None
            if field is None:
                rest.append(said(item.text))
            else:
                field.errors = [*field.errors, said(item.text)]
        return " ".join(rest)
