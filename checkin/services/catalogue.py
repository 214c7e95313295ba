"""What a clinic can ask: its instruments by name, and the protocols it may choose from."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType

from checkin.domain.clinic import Clinic
from checkin.domain.errors import Conflict, Refusal
from checkin.domain.ids import ClinicId
from checkin.domain.instrument import Instrument
from checkin.domain.instruments import builtin_instruments
from checkin.domain.person import Person, Role
from checkin.domain.protocol import Protocol, default_protocol, read_protocol
from checkin.domain.questionnaire import load_document, read_questionnaire
from checkin.domain.words import text
from checkin.services import roles
from checkin.services.deps import Deps
from checkin.storage import audit, library
from checkin.storage.engine import IntegrityError, Transaction
from checkin.storage.library import ImportedInstrument, ImportedProtocol


def instruments_of(
    tx: Transaction, clinic: ClinicId, *, by: datetime | None = None
) -> Mapping[str, Instrument]:
    """Return what the clinic can ask, by name; the last import of a name (``by`` a moment) is in use."""
    found = dict(builtin_instruments())
    for imported in library.instruments_of(tx, clinic, by=by):
        instrument = _read(imported.document, imported.options)
        found[instrument.name] = instrument
    return MappingProxyType(found)


def every_instrument(tx: Transaction, clinic: ClinicId) -> Mapping[str, Instrument]:
    """Return every version the clinic ever had, by reference, to read old answers with."""
    found = {instrument.reference: instrument for instrument in builtin_instruments().values()}
    for imported in library.instruments_of(tx, clinic):
        found[imported.reference] = _read(imported.document, imported.options)
    return MappingProxyType(found)


def pick_instruments(
    tx: Transaction, clinic: ClinicId, names: Iterable[str], *, by: datetime | None = None
) -> tuple[Instrument, ...]:
    """Return the instruments of these names, in order, as they were ``by`` a moment.

    Asks the database only where one is not built in.
    """
    wanted = tuple(names)
    known: Mapping[str, Instrument] = builtin_instruments()
    if any(name not in known for name in wanted):
        known = instruments_of(tx, clinic, by=by)
    return tuple(known[name] for name in wanted if name in known)


def protocol_of(tx: Transaction, clinic: Clinic) -> Protocol:
    """Return the protocol the clinic uses; the built-in one until it chooses another."""
    return protocol_by_reference(tx, clinic.id, clinic.settings.protocol)


def protocol_by_reference(tx: Transaction, clinic: ClinicId, reference: str) -> Protocol:
    """Return a protocol by "name|version"; the built-in one for an empty or unknown reference."""
    built_in = default_protocol()
    if reference in {"", built_in.reference}:
        return built_in
    for imported in library.protocols_of(tx, clinic):
        if imported.reference == reference:
            return _read_protocol(imported.document, frozenset(instruments_of(tx, clinic)))
    return built_in


def protocols_of(tx: Transaction, clinic: ClinicId) -> tuple[Protocol, ...]:
    """Return the built-in protocol and the imported ones."""
    names = frozenset(instruments_of(tx, clinic))
    imported = library.protocols_of(tx, clinic)
    return (default_protocol(), *(_read_protocol(protocol.document, names) for protocol in imported))


def import_instrument(
    deps: Deps,
    clinic: ClinicId,
    document: str,
    *,
    actor: Person | None,
    safety_item: str | None = None,
    no_safety_item: bool = False,
    scoring: Mapping[str, object] | None = None,
) -> Instrument:
    """Add a FHIR R4 Questionnaire to what a clinic can ask.

    Raises ``Problems`` naming each item that cannot be taken, and ``Conflict`` if this version is there.
    """
    _require_staff(actor)
    options = json.dumps(
        {"safety_item": safety_item, "no_safety_item": no_safety_item, "scoring": scoring}, sort_keys=True
    )
    instrument = _read(document, options)
    if instrument.name in builtin_instruments():
        words = text("Its name, %(name)s, is that of a form that comes with checkin.", name=instrument.name)
        raise Conflict(words, field="name")
    imported = ImportedInstrument(reference=instrument.reference, document=document, options=options)
    by = None if actor is None else actor.id
    now = deps.now()
    try:
        with deps.transaction() as tx:
            library.add_instrument(tx, clinic, imported, now=now, by=by)
            event = audit.Event(action="instrument_imported", actor=by)
            audit.record(tx, clinic, event, now)
    except IntegrityError as error:
        raise _there_already() from error
    return instrument


def import_protocol(deps: Deps, clinic: ClinicId, document: str, *, actor: Person | None) -> Protocol:
    """Add a protocol file to those a clinic can choose. Raises ``Problems`` or ``Conflict``."""
    _require_staff(actor)
    by = None if actor is None else actor.id
    now = deps.now()
    try:
        with deps.transaction() as tx:
            protocol = read_protocol(document, instruments=frozenset(instruments_of(tx, clinic)))
            if protocol.reference == default_protocol().reference:
                raise _there_already()
            imported = ImportedProtocol(reference=protocol.reference, document=document)
            library.add_protocol(tx, clinic, imported, now=now, by=by)
            audit.record(tx, clinic, audit.Event(action="protocol_imported", actor=by), now)
    except IntegrityError as error:
        raise _there_already() from error
    return protocol


def _there_already() -> Refusal:
    return Conflict(
        text("This version is here already. What was imported is never changed: give yours a new version.")
    )


def _require_staff(actor: Person | None) -> None:
    """Whoever runs a command on the server has no person; everybody else must be staff."""
    if actor is not None:
        roles.require(actor, Role.STAFF)


@lru_cache(maxsize=256)
def _read(document: str, options: str) -> Instrument:
    return read_questionnaire(load_document(document.encode()), **json.loads(options))


@lru_cache(maxsize=64)
def _read_protocol(document: str, names: frozenset[str]) -> Protocol:
    return read_protocol(document, instruments=names)
