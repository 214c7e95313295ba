"""Windows of every kind on a therapist's page, phone and desk, light and dark; and the sentence shared."""

from collections.abc import Callable, Mapping

import pytest
from browser.people import House, add_patient
from browser.phone import PHONE, Phone
from playwright.sync_api import expect
from support.course import a_course
from support.people import give

from checkin.domain.consent import Scope
from checkin.domain.person import Person
from checkin.services.estimate_windows import estimate_windows
from checkin.storage import estimates

Picture = Callable[..., None]
TALL_PHONE, DESK = {"width": 360, "height": 1560}, {"width": 1100, "height": 1100}
BEFORE = ((-30, 19), (-2, 18))
# The patient's name, days since the infusion, what was answered since, the badge, how the sentence begins.
KINDS: Mapping[str, tuple[str, float, tuple[tuple[float, float], ...], str, str]] = {
    "open": (
        "Noor Haddad",
        4.2,
        ((4, 13), (10, 10), (24, 6), (34, 7), (48, 5), (72, 6), (96, 6)),
        "Open",
        "Open now, ",
    ),
    "fading": (
        "Emil Sorensen",
        5.1,
        ((4, 13), (10, 9), (24, 6), (34, 7), (48, 7), (72, 9), (96, 12), (120, 13)),
        "Fading",
        "Fading: open now, ",
    ),
    "too-early": (
        "Lucia Romano",
        0.4,
        ((4, 14),),
        "Too early to say",
        "It is too early to say whether the window is open.",
    ),
    "not-open": (
        "Henry Okafor",
        4.2,
        ((4, 17), (10, 16), (24, 17), (34, 15), (48, 17), (72, 16), (96, 18)),
        "Not open",
        "Not open now: ",
    ),
}


@pytest.fixture(scope="module")
def patients(house: House) -> dict[str, Person]:
    """Four patients of the therapist, each with an estimate of its kind."""
    found = {}
    for kind, (name, days_ago, since, _, _) in KINDS.items():
        found[kind] = add_patient(house, name)
        now = house.deps.now()
        with house.deps.transaction() as tx:
            give(tx, found[kind], house.therapist.id, Scope, now)
            a_course(tx, found[kind], (*BEFORE, *since), days_ago=days_ago, now=now)
            estimates.expect(tx, found[kind].id, house.clinic.id, now)
    while estimate_windows(house.deps):
        pass
    return found


def _in_every_look(phone: Phone, picture: Picture, name: str) -> None:
    for place, size in (("phone", TALL_PHONE), ("desk", DESK)):
        phone.page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            phone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            phone.page.locator("#window").evaluate("(section) => section.scrollIntoView()")
            picture(phone, f"{name}-{place}-{scheme}", whole=False)
    phone.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    phone.page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("kind", KINDS)
def test_a_window_of_this_kind(
    kind: str, phone_of: Callable[[str], Phone], patients: dict[str, Person], picture: Picture
) -> None:
    phone = phone_of("therapist")
    phone.open(f"/patients/{patients[kind].id}")
    panel = phone.page.locator("#window")
    expect(panel.locator(".badge")).to_have_text(KINDS[kind][3])
    assert panel.locator(".lead").inner_text().startswith(KINDS[kind][4])
    expect(panel).to_contain_text("Estimate from self-reports; decision support.")
    drawn = phone.page.locator("#scores svg.chart").filter(visible=True)
    expect(drawn.locator(".spot").first).to_be_visible()
    expect(drawn.locator("path.fan")).to_have_count(0 if kind == "too-early" else 1)
    expect(drawn.locator(".window-shade")).to_have_count(1 if kind in ("open", "fading") else 0)
    # The line over the shading, and the same in the legend.
    expect(drawn.locator("path.window-open")).to_have_count(2 if kind in ("open", "fading") else 0)
    _in_every_look(phone, picture, f"window-{kind}")


def test_the_list_says_which_windows_close(
    phone_of: Callable[[str], Phone], patients: dict[str, Person], picture: Picture
) -> None:
    phone = phone_of("therapist")
    phone.open("/patients")
    rows = {kind: phone.page.locator(".triage li", has_text=KINDS[kind][0]) for kind in KINDS}
    for kind in ("open", "fading"):
        expect(rows[kind].locator(".window")).to_contain_text(KINDS[kind][4])
    for kind in ("too-early", "not-open"):
        expect(rows[kind].locator(".window")).to_have_count(0)
    names = phone.page.locator(".triage h3").all_inner_texts()
    assert names.index(KINDS["fading"][0]) < names.index(KINDS["open"][0]) < names.index(KINDS["not-open"][0])
    picture(phone, "window-list-phone")


def test_the_sentence_is_shared_and_taken_back(
    make_phone: Callable[..., Phone],
    phone_of: Callable[[str], Phone],
    house: House,
    patients: dict[str, Person],
    picture: Picture,
) -> None:
    therapist, patient = phone_of("therapist"), make_phone()
    patient.sign_in(patients["open"])
    assert "window" not in patient.words().lower(), "no prediction by default"
    therapist.open(f"/patients/{patients['open'].id}")
    sentence = therapist.page.locator("#window .lead").inner_text()
    therapist.follow("Share the sentence with the patient")
    expect(therapist.page.locator("#estimate")).to_contain_text("Your patient can read the sentence")
    patient.open("/home")
    assert sentence in patient.words()
    assert "It is an estimate from your own answers, and it can be wrong." in patient.words()
    assert f"{house.therapist.name} shares this with you." in patient.words()
    picture(patient, "window-shared-patient")
    therapist.follow("Stop sharing the sentence")
    patient.open("/home")
    assert sentence not in patient.words()
    patient.open("/chart")
    assert sentence not in patient.words()
