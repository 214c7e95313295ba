"""Push endpoints: what may be called and what never, however it is written; topics, addresses, devices."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.domain.ids import ClinicId, PersonId
from checkin.domain.push import (
    LONGEST_ENDPOINT,
    PUSH_SERVICES,
    Device,
    PushAddress,
    Subscription,
    allowed,
    device_from,
    device_words,
    from_base64url,
    host_and_port,
    known_service,
    to_base64url,
    topic_of,
)

NOW = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
POINT, SECRET = to_base64url(b"\x04" + bytes(range(64))), to_base64url(bytes(16))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dX-_9:APA91bH",
        "https://fcm.googleapis.com/wp/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAA",
        "https://web.push.apple.com/QHq0-_8",
        "https://wns2-am3p.notify.windows.com/w/?token=BQYAAAD%2f%2bX",
        "https://FCM.googleapis.com/fcm/send/x",
        "https://fcm.googleapis.com:443/fcm/send/x",
    ],
)
def test_what_browsers_hand_over_is_taken(endpoint: str) -> None:
    assert allowed(endpoint, PUSH_SERVICES)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/fcm/send/x",
        "ftp://fcm.googleapis.com/x",
        "//fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:0/x",
        "https://fcm.googleapis.com:99999/x",
        "https://fcm.googleapis.com./x",
        "https://fcm.googleapis.com.evil.test/x",
        "https://evil-fcm.googleapis.com/x",
        "https://x.fcm.googleapis.com/x",
        "https://push.apple.com/x",
        "https://.push.apple.com/x",
        "https://evilpush.apple.com/x",
        "https://fcm.googleapis.com@127.0.0.1/x",
        "https://127.0.0.1@fcm.googleapis.com/x",
        "https://fcm.googleapis.com\\@127.0.0.1/x",
        "https://fcm.googleapis.com#@evil.test/x",
        "https://fcm.googleapis.com/x#fragment",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f.1/x",
        "https://017700000001/x",
        "https://[::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "https://localhost/x",
        "https://fcm。googleapis。com/x",
        "https://updates.pu\u017fh.services.mozilla.com/x",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nHost: evil.test",
        "https://fcm.googleapis.com/\x00",
        "https://fcm.googleapis.com/ü",
        " https://fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x\n",
        "https://fcm.googleapis.com/" + "x" * LONGEST_ENDPOINT,
    ],
)
def test_fault_44_whatever_else_is_refused(endpoint: str) -> None:
    assert not allowed(endpoint, PUSH_SERVICES)


def mostly(*usual: str, odd: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*usual * (4 * len(odd) // len(usual)), *odd])


USER = mostly("", odd=["a@", "a:b@", "@", "evil.test@", "127.0.0.1:443@"])
BEFORE = mostly("", "a.", "A.b-c.", odd=[".", "a", "-a.", "a-.", "..", "127.0.0.1", "evil.test", "é."])
AFTER = mostly("", odd=[".", "a", ".evil.test", "-", "@evil.test", "\\@evil.test", "é"])
PORT = mostly("", ":443", odd=[":", ":0443", ":80", ":8443", ":65979", ":443@evil.test"])
PATH = mostly("", "wp/x", "w/?token=BQ%2f", odd=["a b", "ü", "#x", "\r\n"])


@settings(max_examples=400)
@given(USER, BEFORE, st.sampled_from(PUSH_SERVICES), AFTER, PORT, PATH)
def test_of_all_that_looks_like_a_listed_host_only_the_host_itself_is_taken(
    user: str, before: str, service: str, after: str, port: str, path: str
) -> None:
    """Listed names with something before, behind or around them; what is taken leads to a listed name."""
    listed = service.removeprefix("*.")
    endpoint = f"https://{user}{before}{listed}{after}{port}/{path}"
    name = rf"(?:[a-z0-9-]+\.)+{re.escape(listed)}" if service.startswith("*.") else re.escape(listed)
    usual = re.fullmatch(rf"https://{name}(?::0?443)?/[!\"$-~]*", endpoint, re.IGNORECASE) is not None
    assert allowed(endpoint, PUSH_SERVICES) == (usual and before not in {"-a.", "a-."})
    if usual:
        assert host_and_port(endpoint) == (f"{before}{listed}".lower(), 443)


@given(st.ip_addresses())
def test_no_number_is_ever_a_host(address: object) -> None:
    written = f"[{address}]" if ":" in str(address) else str(address)
    assert not allowed(f"https://{written}/x", (*PUSH_SERVICES, str(address)))


def test_a_clinic_s_own_service_can_be_listed_with_its_port() -> None:
    own = ("push.clinic.test:8443",)
    assert allowed("https://push.clinic.test:8443/x", own)
    assert not allowed("https://push.clinic.test/x", own)
    assert not allowed("https://fcm.googleapis.com/x", own)


@pytest.mark.parametrize(
    "service",
    ["", "*", "*.", "*.*.test", "a b", "https://push.test", "push.test/x", "push.test:0", "push.test:70000"]
    + ["10.0.0.8", "*.0.0.1", "[::1]", "ü.test", "-push.test", "push_.test", "127.1", "0x7f000001"],
)
def test_an_entry_of_the_list_must_be_a_name(service: str) -> None:
    with pytest.raises(ValueError, match="host name"):
        known_service(service)


@pytest.mark.parametrize("service", [*PUSH_SERVICES, "push.test:8443", "localhost:1", "*.a.test:9"])
def test_a_usual_entry_is_taken(service: str) -> None:
    assert known_service(f" {service.upper()} ") == service


# Addresses


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", SECRET),
        (POINT, ""),
        (POINT[:-4], SECRET),
        (to_base64url(b"\x02" + bytes(64)), SECRET),
        (POINT, to_base64url(bytes(15))),
        ("not base64url!", SECRET),
        (POINT + "====A", SECRET),
        (POINT.replace(POINT[3], "é", 1), SECRET),
    ],
)
def test_keys_that_cannot_be_a_browsers_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError, match="base64url|keys"):
        PushAddress(endpoint="https://fcm.googleapis.com/x", p256dh=p256dh, auth=auth, key="k")


def test_an_address_travels_as_one_string() -> None:
    address = PushAddress(endpoint="https://fcm.googleapis.com/ü", p256dh=POINT, auth=SECRET, key="k")
    assert PushAddress.from_json(address.to_json()) == address


@given(st.binary(max_size=80))
def test_base64url_goes_there_and_back(value: bytes) -> None:
    assert from_base64url(to_base64url(value)) == value


# Topics


@given(st.uuids(), st.uuids())
def test_a_topic_fits_stays_and_tells_things_apart(one: UUID, other: UUID) -> None:
    topic = topic_of(one)
    assert len(topic) == 32
    assert set(topic) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert (topic == topic_of(other)) is (one == other)
    assert one.hex not in topic


def test_a_topic_does_not_change_between_releases() -> None:
    assert topic_of(UUID(int=7)) == topic_of(UUID("00000000-0000-0000-0000-000000000007"))
    assert topic_of(UUID(int=7)) == "aQyOU10fsTKj0gYTWmZYlg_yU97FEXC7"


# Devices and subscriptions


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15", Device.IPHONE),
        ("Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X)", Device.IPAD),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/131", Device.ANDROID),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Device.WINDOWS),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_4)", Device.MAC),
        ("Mozilla/5.0 (X11; Linux x86_64)", Device.OTHER),
        ("", Device.OTHER),
    ],
)
def test_a_device_is_told_from_what_the_browser_says(user_agent: str, device: Device) -> None:
    assert device_from(user_agent) is device


def test_each_device_has_its_own_words() -> None:
    assert len({device_words(device).message for device in Device}) == len(Device)


def test_a_subscription_is_usable_until_it_ends() -> None:
    address = PushAddress(endpoint="https://fcm.googleapis.com/x", p256dh=POINT, auth=SECRET, key="k")
    one = Subscription(
        id=UUID(int=1),
        clinic_id=ClinicId(UUID(int=2)),
        person_id=PersonId(UUID(int=3)),
        address=address,
        device=Device.OTHER,
        created_at=NOW,
        confirmed_at=NOW,
    )
    assert one.usable(NOW + timedelta(days=400))
    assert not replace(one, gone_at=NOW).usable(NOW)
    assert replace(one, expires_at=NOW + timedelta(seconds=1)).usable(NOW)
    assert not replace(one, expires_at=NOW).usable(NOW)
