"""Names are kept as they are read: nothing unseen in them, and never empty."""

import pytest

from checkin.domain.errors import Invalid
from checkin.domain.name import clean_name


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Zoë\tO’Néill \r\n van der Berg ", "Zoë O’Néill van der Berg"),
        ("\u202eevil\u202c", "evil"),
        ("Ada\x00 Lovelace", "Ada Lovelace"),
        ("محمد\u200cرضا", "محمد\u200cرضا"),
        ("X", "X"),
    ],
)
def test_a_name_is_kept_as_it_is_read(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize("typed", ["", " \t\n", "\u200b\ufeff", "\x00\x1b", "😀 12", "..."])
def test_a_name_has_a_letter(typed: str) -> None:
    with pytest.raises(Invalid):
        clean_name(typed)
