"""Notices on a phone: the page that explains them, and what its script asks and tells, in JSON."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from checkin.domain.errors import Invalid, NotFound, Refusal
from checkin.domain.push import PushAddress, Subscription, device_words, to_base64url
from checkin.domain.words import text
from checkin.services import subscribe as subscribing
from checkin.web.context import actor, browser, deps
from checkin.web.same_origin import require_same_origin
from checkin.web.speech import said

phone = Blueprint("phone", __name__)


@phone.get("/phone")
def notices() -> ResponseReturnValue:
    """What a notice says, before the browser asks whether it may show one."""
    return render_template("phone/notices.html", key=subscribing.push_key(deps()))


@phone.get("/phone/subscription")
def show() -> ResponseReturnValue:
    """The key to subscribe with, and the phones that messages go to, the one seen last first."""
    key = subscribing.push_key(deps())
    return {
        "key": None if key is None else {"id": key.id, "public": key.public},
        "phones": [_shown(one) for one in subscribing.my_phones(deps(), actor())],
    }


@phone.post("/phone/subscription")
def confirm() -> ResponseReturnValue:
    """Take a new subscription, or hear on every open that this phone still has it."""
    require_same_origin()
    try:
        address, expires_at = _offered(request.get_json(silent=True))
        confirmed = subscribing.subscribe(
            deps(), actor(), address, expires_at=expires_at, user_agent=browser().description
        )
    except Invalid as refusal:
        return _refused(refusal)
    return _shown(confirmed)


@phone.post("/phone/subscription/drop")
def drop() -> ResponseReturnValue:
    """Send nothing more to the phone with this id."""
    require_same_origin()
    subscribing.drop_phone(deps(), actor(), _named(request.get_json(silent=True)))
    return {"phones": [_shown(one) for one in subscribing.my_phones(deps(), actor())]}


def _offered(content: object) -> tuple[PushAddress, datetime | None]:
    """Read what ``PushSubscription.toJSON()`` gives, with the key that it was made with. Raises ``Invalid``.

    The key comes by its id, or as ``server_key``: the bytes of its public half, which is what browsers tell.
    """
    match content:
        case {"endpoint": str(endpoint), "keys": {"p256dh": str(p256dh), "auth": str(auth)}} if isinstance(
            content, Mapping
        ):
            try:
                address = PushAddress(endpoint=endpoint, p256dh=p256dh, auth=auth, key=_key(content))
                return address, _moment(content.get("expirationTime"))
            except (ValueError, OverflowError):
                pass
    raise Invalid(text("This is not a push subscription."), field="endpoint")


def _key(content: Mapping[str, object]) -> str:
    match content:
        case {"key_id": str(key)}:
            return key
        case {"server_key": [*public]}:
            numbers = [one for one in public if isinstance(one, int)]
            return subscribing.key_id_of(deps(), to_base64url(bytes(numbers)))
    raise ValueError("no key")


def _named(content: object) -> UUID:
    match content:
        case {"id": str(written)}:
            try:
                return UUID(written)
            except ValueError:
                pass
    raise NotFound


def _moment(milliseconds: object) -> datetime | None:
    if milliseconds is None:
        return None
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float):
        raise ValueError("not a moment")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _shown(one: Subscription) -> dict[str, object]:
    return {
        "id": str(one.id),
        "device": said(device_words(one.device)),
        "key_id": one.address.key,
        "confirmed_at": one.confirmed_at.isoformat(),
        "ended_at": None if one.gone_at is None else one.gone_at.isoformat(),
    }


def _refused(refusal: Refusal) -> ResponseReturnValue:
    return {"error": said(refusal.text)}, 422
