"""A record as tidy tables: one row a thing, one column a fact, with a dictionary of the columns."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from checkin.domain.clock import to_local
from checkin.domain.instrument import Words
from checkin.domain.words import Translator
from checkin.export.record import Record

Cell = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column with what it means; ``unit`` is empty where there is none."""

    name: str
    meaning: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table: a file name without ending, its columns and rows in the order of the columns."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


_TIME = "ISO 8601 with offset"
_ID = Column(name="check_in_id", meaning="identifier of the check-in")


def sheets(record: Record, to: Translator) -> tuple[Sheet, ...]:
    """Return the tables of a record; those that consent leaves out are absent."""
    found = [_infusions(record), _check_ins(record), _prompts(record)]
    if record.has_scores:
        found.append(_scores(record))
    if record.has_answers:
        found.append(_answers(record, to))
    found.append(_consents(record))
    return (*found, _dictionary(found))


def _at(record: Record) -> Callable[[datetime], str]:
    return lambda moment: to_local(moment, record.zone).isoformat(timespec="seconds")


def _infusions(record: Record) -> Sheet:
    at = _at(record)
    columns = (
        Column(name="infusion_id", meaning="identifier of the infusion"),
        Column(name="state", meaning="planned, given or cancelled"),
        Column(name="ended_at", meaning="END of the infusion (time zero), or the planned one", unit=_TIME),
        Column(name="route", meaning="how it was given"),
        Column(name="dose", meaning="amount"),
        Column(name="dose_unit", meaning="unit of the dose"),
        Column(name="protocol", meaning="name and version of the plan of check-ins"),
        Column(name="note", meaning="note of whoever recorded it"),
    )
    rows = tuple(
        (
            str(infusion.id),
            infusion.state.value,
            at(infusion.at),
            infusion.route.value if infusion.route else None,
            float(infusion.dose.amount) if infusion.dose else None,
            infusion.dose.unit.value if infusion.dose else None,
            infusion.protocol,
            infusion.note,
        )
        for infusion in record.infusions
    )
    return Sheet(name="infusions", columns=columns, rows=rows)


def _check_ins(record: Record) -> Sheet:
    at = _at(record)
    ends = {infusion.id: infusion.at for infusion in record.infusions}
    columns = (
        _ID,
        Column(name="infusion_id", meaning="the infusion it follows or precedes"),
        Column(name="prompt_id", meaning="the prompt it answers; empty if unprompted"),
        Column(name="answered_at", meaning="when it was answered", unit=_TIME),
        Column(name="received_at", meaning="when the server had it", unit=_TIME),
        Column(name="hours", meaning="time from the END of that infusion to the answer", unit="hours"),
        Column(name="late", meaning="answered or received after the prompt had closed", unit="0 or 1"),
        Column(name="assisted", meaning="somebody helped to fill it in", unit="0 or 1"),
        Column(name="secondary", meaning="another answer to the same prompt came first", unit="0 or 1"),
        Column(name="corrects", meaning="the check-in that this one replaces"),
        Column(name="note", meaning="the patient's own note"),
    )
    rows = tuple(
        (
            str(c.id),
            str(c.infusion_id) if c.infusion_id else None,
            str(c.prompt_id) if c.prompt_id else None,
            at(c.answered_at),
            at(c.received_at),
            round((c.answered_at - ends[c.infusion_id]).total_seconds() / 3600, 3)
            if c.infusion_id in ends
            else None,
            int(c.late),
            int(c.assisted),
            int(c.secondary),
            str(c.corrects) if c.corrects else None,
            c.note,
        )
        for c in record.check_ins
    )
    return Sheet(name="check_ins", columns=columns, rows=rows)


def _prompts(record: Record) -> Sheet:
    at = _at(record)
    columns = (
        Column(name="prompt_id", meaning="identifier of the prompt"),
        Column(name="infusion_id", meaning="the infusion it belongs to"),
        Column(name="step", meaning="name of the step in the protocol"),
        Column(name="state", meaning="planned, open, answered, declined, expired or cancelled"),
        Column(name="opens_at", meaning="from when it can be answered", unit=_TIME),
        Column(name="due_at", meaning="when the notice goes", unit=_TIME),
        Column(name="expires_at", meaning="until when it can be answered", unit=_TIME),
    )
    rows = tuple(
        (str(p.id), str(p.infusion_id), p.step, p.state.value, at(p.opens_at), at(p.due_at), at(p.expires_at))
        for p in record.prompts
    )
    return Sheet(name="prompts", columns=columns, rows=rows)


def _scores(record: Record) -> Sheet:
    columns = (
        _ID,
        Column(name="instrument", meaning="address and version of the form"),
        Column(name="line", meaning="scores with different lines must never be joined or compared"),
        Column(name="score", meaning="sum of the answers; more means more symptoms", unit="points"),
        Column(name="maximum", meaning="highest possible score", unit="points"),
        Column(name="prorated", meaning="scaled up from a shorter form", unit="0 or 1"),
    )
    rows = tuple(
        (str(c.id), score.instrument, score.line, round(score.value, 3), score.maximum, int(score.prorated))
        for c in record.check_ins
        for score in c.scores
    )
    return Sheet(name="scores", columns=columns, rows=rows)


def _answers(record: Record, to: Translator) -> Sheet:
    columns = (
        _ID,
        Column(name="instrument", meaning="address and version of the form"),
        Column(name="item", meaning="identifier of the question in the form"),
        Column(name="question", meaning="the question as it was asked"),
        Column(name="value", meaning="the answer's weight; empty if the person chose not to say"),
        Column(name="answer", meaning="the answer in words"),
    )
    return Sheet(name="answers", columns=columns, rows=tuple(_answer_rows(record, to)))


def _answer_rows(record: Record, to: Translator) -> Iterable[tuple[Cell, ...]]:
    for check_in in record.check_ins:
        for reference, given in check_in.answers.items():
            instrument = record.instruments.get(reference)
            for link_id, value in given.items():
                item = instrument.item(link_id) if instrument else None
                labels = {option.weight: _said(option.label, to) for option in item.options} if item else {}
                question = _said(item.text, to) if item else None
                answer = None if value is None else labels.get(value)
                yield str(check_in.id), reference, link_id, question, value, answer


def _consents(record: Record) -> Sheet:
    at = _at(record)
    columns = (
        Column(name="recipient", meaning="who may do this"),
        Column(name="scope", meaning="what they may do"),
        Column(name="since", meaning="from when", unit=_TIME),
        Column(name="text_version", meaning="version of the words that were agreed to"),
        Column(name="text_sha256", meaning="SHA-256 of these words"),
    )
    rows = tuple(
        (c.recipient, c.grant.scope.value, at(c.grant.since), c.grant.text_version, c.grant.text_hash)
        for c in record.consents
    )
    return Sheet(name="consents", columns=columns, rows=rows)


def _dictionary(described: Iterable[Sheet]) -> Sheet:
    columns = (
        Column(name="file", meaning="file the column is in"),
        Column(name="column", meaning="name of the column"),
        Column(name="meaning", meaning="what it says"),
        Column(name="unit", meaning="unit or format"),
    )
    own = Sheet(name="data_dictionary", columns=columns, rows=())
    rows = tuple(
        (f"{sheet.name}.csv", column.name, column.meaning, column.unit or None)
        for sheet in (*described, own)
        for column in sheet.columns
    )
    return replace(own, rows=rows)


def _said(words: Words, to: Translator) -> str:
    return words if isinstance(words, str) else words.render(to)
