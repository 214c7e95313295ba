"""A record as a zip of CSV files with a manifest: safe to open in a spreadsheet, exact to read by program."""

import csv
import hashlib
import io
import json
import unicodedata
import zipfile
from datetime import UTC

from checkin.domain.words import Translator
from checkin.export.record import Record
from checkin.export.tables import Cell, Sheet, sheets

FORMAT = "checkin-record/1"
_NOTICE = (
    "Scores on the line phq-style come from short self-report forms of this project's own. They are not the "
    "PHQ-9, must not be joined with it, and are not a diagnosis. Where a text has an apostrophe first, leave "
    "it out: it stands before what a spreadsheet would take for a formula, and before another apostrophe."
)
# A spreadsheet takes these for the start of a formula (OWASP, CSV injection). The apostrophe that keeps it
# from that stands before another apostrophe too, so that the first one can always be left out again.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")


def record_zip(record: Record, to: Translator) -> bytes:
    """Return the zip: one CSV a table, a data dictionary, and a manifest with checksums."""
    tables = sheets(record, to)
    files = {f"{sheet.name}.csv": csv_bytes(sheet) for sheet in tables}
    rows = {f"{sheet.name}.csv": len(sheet.rows) for sheet in tables}
    files["manifest.json"] = _manifest(record, files, rows)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            moment = record.made_at.astimezone(UTC)
            entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return packed.getvalue()


def csv_bytes(sheet: Sheet) -> bytes:
    """Return one table as CSV (RFC 4180), UTF-8 with a mark so that spreadsheets read it as such."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in sheet.columns])
    writer.writerows([_safe(cell) for cell in row] for row in sheet.rows)
    return text.getvalue().encode("utf-8-sig")


def _safe(cell: Cell) -> Cell:
    """Put an apostrophe before a text that a spreadsheet would run; numbers are written as numbers."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    cleaned = cell.replace("\0", "")
    return f"'{cleaned}" if _start(cleaned) in _FORMULA else cleaned


def _start(text: str) -> str:
    """Return the first character that shows, as the plain one that it may be taken for; "" without any."""
    for character in text:
        folded = unicodedata.normalize("NFKC", character).strip(" ")
        if folded and (folded in _FORMULA or unicodedata.category(character)[0] not in "ZCM"):
            return folded[0]
    return ""


def _manifest(record: Record, files: dict[str, bytes], rows: dict[str, int]) -> bytes:
    content = {
        "format": FORMAT,
        "made_at": record.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "made_for": record.made_for,
        "basis": record.basis,
        "patient": record.patient.person.name,
        "clinic": record.clinic,
        "zone": record.zone,
        "contains": {
            "scores": record.has_scores,
            "answers": record.has_answers,
            "notes": record.has_notes,
        },
        "notice": _NOTICE,
        "instruments": {
            reference: record.instruments[reference].name
            for reference in sorted({s.instrument for c in record.check_ins for s in c.scores})
            if reference in record.instruments
        },
        "files": {
            name: {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), "rows": rows[name]}
            for name, body in files.items()
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()
