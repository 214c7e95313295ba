"""The project's own forms: FHIR R4 Questionnaires in its own words, with its own codes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from checkin.domain.instrument import Instrument, Words
from checkin.domain.questionnaire.fhir_json import Json
from checkin.domain.questionnaire.reader import read_own
from checkin.domain.words import Text

SAFETY_ITEM = "safety-item"
FULL_FORM = "phq-style-24h"
"""The one of the own forms that asks about all nine topics."""
MOOD_CORE = "mood-core"
"""The chart line of the sub-score of interest, mood and self-worth, the topics a drug effect blurs least."""


@cache
def builtin_documents() -> Mapping[str, Json]:
    """Return the own forms as FHIR R4 Questionnaires, by name. They are not to be changed."""
    found = {
        file.name.removesuffix(".json"): json.loads(file.read_text(encoding="utf-8"))
        for file in files(__name__).iterdir()
        if file.name.endswith(".json")
    }
    return MappingProxyType(dict(sorted(found.items())))


@cache
def builtin_instruments() -> Mapping[str, Instrument]:
    """Return the own forms by name."""
    return MappingProxyType({name: read_own(document) for name, document in builtin_documents().items()})


def find_instrument(name: str, imported: Sequence[Instrument] = ()) -> Instrument | None:
    """Return the instrument a protocol or a stored answer means, by name or by reference.

    Own forms come first, then imported ones, the last import of a name winning. None if there is no such one.
    """
    own = builtin_instruments()
    if name in own:
        return own[name]
    everything = (*own.values(), *imported)
    matching = [each for each in everything if name in (each.reference, each.name)]
    return matching[-1] if matching else None


def own_texts() -> tuple[str, ...]:
    """Return every text of the own forms, for the catalogues, each once and in a stable order."""
    texts = (text for each in builtin_instruments().values() for text in _texts(each))
    return tuple(dict.fromkeys(text.message for text in texts if isinstance(text, Text)))


def _texts(instrument: Instrument) -> Iterator[Words]:
    yield from (instrument.title, instrument.label, instrument.recall)
    for item in instrument.items:
        yield from (*item.context, item.text)
        if item.select is not None:
            yield item.select
        yield from (option.label for option in item.options)
    yield from instrument.notes
