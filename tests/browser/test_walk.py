"""The whole way on a phone: access, an infusion, its reminder, the answer, the charts, the record."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas
from browser.people import House
from browser.phone import PHONE, Phone
from browser.server import Server, console_after
from playwright.sync_api import expect

from checkin.domain.clock import to_local
from checkin.domain.person import Person
from checkin.web.speech import spoken_moment

Picture = Callable[..., None]
FORMULA = "+ 4 mg of ondansetron"  # a spreadsheet would take the first character for a sum
# The early form: six topics "a little", suicide "not at all", so 6 points x 9/7 = 7.7.
SCORE = "8 of 27"


def test_from_the_infusion_to_the_therapist(
    make_phone: Callable[..., Phone], house: House, server: Server, picture: Picture, tmp_path: Path
) -> None:
    people = ("patient", "staff", "therapist", "anybody")
    phones = SimpleNamespace(
        **{who: make_phone(device_scale_factor=2, timezone_id=house.zone) for who in people}
    )
    before = _points_on_chart(phones.patient, house.walker, picture, "02-patient-home")
    _give_access(phones.patient, house.therapist, picture)
    _record_infusion(phones.staff, house, picture)
    _answer(phones.anybody, _link_to(house.walker, server), picture)
    after = _points_on_chart(phones.patient, house.walker, picture, "patient-home-after")
    assert after == before + 1
    assert SCORE in phones.patient.words()
    server.flask("tick")
    _look(phones.therapist, house, picture)
    _read_record(_download(phones.patient), tmp_path)
    _end_access(phones, house, picture)


def _points_on_chart(phone: Phone, patient: Person, picture: Picture, home: str) -> int:
    """Sign in, look at the chart, and count what its table says was answered."""
    phone.open("/sign-in")
    picture(phone, "01-sign-in")
    phone.sign_in(patient)
    picture(phone, home)
    phone.follow("My chart")
    picture(phone, "patient-chart", sharp=True)
    phone.page.locator("summary", has_text="The same as a table").tap()
    rows = phone.page.locator("main table tbody tr").all_inner_texts()
    return sum(" of 27" in row for row in rows)


def _give_access(phone: Phone, therapist: Person, picture: Picture) -> None:
    phone.follow("Who can see this")
    assert "Nobody sees your scores or answers." in phone.words()
    phone.follow(therapist.name)
    for choice in phone.page.get_by_role("radio", name="Yes").all():
        assert not choice.is_checked()
        choice.tap()
    picture(phone, "03-give-access")
    phone.follow("Continue")
    picture(phone, "access-to-confirm")
    phone.follow("Back")
    assert all(choice.is_checked() for choice in phone.page.get_by_role("radio", name="Yes").all())
    phone.follow("Continue")
    phone.follow("Give access")
    assert "Your choice is saved." in phone.words()
    picture(phone, "04-who-can-see-this")


def _record_infusion(phone: Phone, house: House, picture: Picture) -> None:
    """Record one that ended 4 hours ago; what the preview lists is what is planned."""
    ended = (house.deps.now() - timedelta(hours=4)).replace(second=0, microsecond=0)
    local = to_local(ended, house.zone)
    phone.sign_in(house.staff)
    picture(phone, "05-clinic")
    phone.follow("People")
    phone.follow(house.walker.name)
    phone.follow("Record infusion")
    phone.page.get_by_label("Day").fill(local.date().isoformat())
    phone.page.get_by_label("Time it ended").fill(f"{local:%H:%M}")
    phone.page.get_by_label("How it is given").select_option(label="Into a vein")
    phone.page.get_by_label("Dose").fill("0.5")
    phone.page.get_by_label("Unit").select_option(label="mg/kg")
    phone.page.get_by_label("Note for the care team").fill(FORMULA)
    picture(phone, "06-record-infusion")
    since = house.deps.now()
    phone.follow("Continue")
    lines = phone.page.locator("ol.plain li").all_inner_texts()
    assert lines[0].startswith("4 hours after: ")
    listed = [line.partition(": ")[2].partition(" (")[0] for line in lines]
    # The first is due 4 hours after the end, which has just passed: at once.
    assert listed[0] in {spoken_moment(at, house.zone, "en") for at in (since, house.deps.now())}
    picture(phone, "07-what-follows")
    phone.follow("Record it")
    planned = phone.page.locator("main table tbody td:nth-child(2)").all_inner_texts()
    # "At once" is later by as much as it took to press the button.
    assert planned[0] in {listed[0], spoken_moment(house.deps.now(), house.zone, "en")}
    assert planned[1:] == listed[1:]
    picture(phone, "08-infusion-recorded")


def _link_to(patient: Person, server: Server) -> str:
    """The link in the reminder that the console shows."""
    # The first pass puts it into the outbox, for a moment ahead, which may come while it still delivers.
    shown = server.flask("tick") + console_after(server.environment, timedelta(minutes=1))
    letters = shown.split("-" * 72)
    [letter] = [letter for letter in letters if f"To: {patient.email}" in letter]
    subject = re.search("Subject: (.*)", letter)
    assert subject is not None
    for words in ("infusion", "ketamine", "mood", "depress", patient.name.split()[0].lower()):
        assert words not in subject[1].lower()
    [link] = re.findall(rf"{re.escape(server.url)}/c/\S+", letter)
    return str(link)


def _answer(phone: Phone, link: str, picture: Picture) -> None:
    """With nothing but the link, and nothing but taps."""
    phone.open(link)
    assert phone.context.cookies() == [] or {cookie["name"] for cookie in phone.context.cookies()} == {"form"}
    picture(phone, "09-first-question", whole=False)
    questions = phone.page.locator("fieldset.step")
    for place in range(questions.count()):
        question = questions.nth(place)
        expect(question).to_be_visible()
        expect(phone.page.locator(".settling")).to_have_count(0)
        if place == questions.count() - 1:
            picture(phone, "10-last-question", whole=False)
        question.get_by_role("radio").nth(_choice(question.inner_text())).tap()
    expect(phone.page.locator("#last")).to_be_visible()
    expect(phone.page.locator(".settling")).to_have_count(0)
    picture(phone, "11-send", whole=False)
    phone.follow("Send my answers")
    assert phone.heading() == "Thank you. Saved."
    assert SCORE not in phone.words()
    picture(phone, "12-saved")


def _choice(words: str) -> int:
    """ "A little", except where it is about suicide."""
    return 0 if "We ask everyone this" in words else 1


def _look(phone: Phone, house: House, picture: Picture) -> None:
    phone.sign_in(house.therapist)
    line = phone.page.locator(".triage li", has_text=house.walker.name)
    assert SCORE in line.inner_text()
    picture(phone, "13-therapist-list")
    phone.follow(house.walker.name)
    assert SCORE in phone.words()
    picture(phone, "14-therapist-patient-phone")
    phone.page.set_viewport_size({"width": 1100, "height": 900})
    picture(phone, "therapist-patient", whole=False, sharp=True)
    phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]


def _download(phone: Phone) -> bytes:
    phone.open("/chart")
    with phone.page.expect_download() as started:
        phone.tap("Download my record")
    assert started.value.suggested_filename.startswith("check-in-record-")
    return Path(started.value.path()).read_bytes()


def _read_record(content: bytes, folder: Path) -> None:
    """Every table opens with pandas, and in a workbook without becoming a formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert {name: hashlib.sha256(data).hexdigest() for name, data in files.items()} == {
        name: entry["sha256"] for name, entry in manifest["files"].items()
    }
    tables = {name: pandas.read_csv(io.BytesIO(data), encoding="utf-8-sig") for name, data in files.items()}
    assert not any(table.columns.empty for table in tables.values())
    scores = tables["scores.csv"]
    latest = scores[scores["check_in_id"] == tables["check_ins.csv"]["check_in_id"].iloc[-1]]
    assert f"{round(latest['score'].max())} of 27" == SCORE
    workbook = folder / "record.xlsx"
    with pandas.ExcelWriter(workbook) as writer:
        for name, table in tables.items():
            table.to_excel(writer, sheet_name=name.removesuffix(".csv")[:31], index=False)
    cells = [cell for sheet in openpyxl.load_workbook(workbook) for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    assert f"'{FORMULA}" in {cell.value for cell in cells}


def _end_access(phones: SimpleNamespace, house: House, picture: Picture) -> None:
    """What the therapist has on the screen leads nowhere from now on."""
    phones.therapist.open("/patients")
    phones.patient.open("/sharing")
    phones.patient.follow(re.compile("^Stop access"))
    assert f"{house.therapist.name} has no access." in phones.patient.words()
    picture(phones.patient, "15-access-ended")
    phones.therapist.follow(house.walker.name)
    assert phones.therapist.heading() == "Page not found"
    picture(phones.therapist, "16-not-found")
