"""What all forms share: the token, and refusals shown beside the field they are about."""

from flask_wtf import FlaskForm

from checkin.domain.errors import Refusal
from checkin.web.refusals import by_field


class Form(FlaskForm):
    """A form that keeps what was typed and can show a refusal of a service."""

    def show(self, refusal: Refusal) -> str:
        """Put the words beside their field; return what belongs to no field, else an empty text."""
        rest = []
        for name, words in by_field(refusal).items():
            field = self._fields.get(name)
            if field is None:
                rest.append(words)
            else:
                field.errors = [*field.errors, words]
        return " ".join(rest)
