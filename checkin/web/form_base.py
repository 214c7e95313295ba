"""What all forms share: the token, and refusals shown beside the field they are about."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, FieldList, FormField

from checkin.domain.errors import Refusal
from checkin.web.refusals import by_field


class Form(FlaskForm):
    """A form that keeps what was typed and can show a refusal of a service."""

    def show(self, refusal: Refusal) -> str:
        """Put the words beside their field; return what belongs to no field, else an empty text."""
        rest = []
        for name, words in by_field(refusal).items():
            field = self._named(name)
            if field is None:
                rest.append(words)
            else:
                field.errors = [*field.errors, words]
        return " ".join(rest)

    def _named(self, name: str) -> Field | None:
        """The field of a name, which inside of another field is like "hours-0-until"."""
        found: Any = self
        for part in name.split("-"):
            if isinstance(found, FieldList):
                found = found[int(part)]
            else:
                fields = found.form._fields if isinstance(found, FormField) else getattr(found, "_fields", {})
                found = fields.get(part)
        return found if isinstance(found, Field) and not isinstance(found, FormField | FieldList) else None
