"""What happens while somebody signs in: a new password, being disabled, a reset."""

from collections.abc import Callable
from typing import Any

import pytest
from services.test_signing_in import NEW_PASSWORD, PHONE, enter, is_in
from support.house import CHEAP
from support.people import PASSWORD, World
from support.threads import together

from checkin.domain.errors import Refusal
from checkin.services import sign_in as signing_in
from checkin.services.deps import Deps
from checkin.services.manage_people import disable, enable
from checkin.services.passwords import hash_password
from checkin.services.sign_in import SignedIn, WrongSignIn
from checkin.storage import people, sign_ins


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let something happen while a password is being compared, which takes a while."""
    compare = signing_in.matches

    def compare_slowly(*given: Any) -> bool:
        found = compare(*given)
        monkeypatch.setattr(signing_in, "matches", compare)
        act()
        return found

    monkeypatch.setattr(signing_in, "matches", compare_slowly)


def set_another(deps: Deps, world: World) -> None:
    with deps.transaction() as tx:
        people.set_password(tx, world.therapist.id, hash_password(NEW_PASSWORD, CHEAP))
        sign_ins.revoke(tx, world.therapist.id, deps.now())


def test_a_sign_in_under_way_does_not_survive_a_new_password(
    deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: set_another(deps, world))
    with pytest.raises(WrongSignIn):
        enter(deps, world.therapist)
    assert signing_in.my_sign_ins(deps, world.therapist) == ()
    assert is_in(deps, enter(deps, world.therapist, NEW_PASSWORD))


def test_a_sign_in_under_way_does_not_survive_being_disabled(
    deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: disable(deps, world.staff, world.therapist.id))
    with pytest.raises(WrongSignIn):
        enter(deps, world.therapist)
    enable(deps, world.staff, world.therapist.id)
    assert signing_in.my_sign_ins(deps, world.therapist) == ()


def test_a_change_of_password_under_way_does_not_undo_a_reset(
    deps: Deps, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = enter(deps, world.therapist)
    meanwhile(monkeypatch, lambda: set_another(deps, world))
    with pytest.raises(Refusal):
        signing_in.change_password(
            deps, world.therapist, here.sign_in.id, current=PASSWORD, new="walnut orbit lamp", browser=PHONE
        )
    assert is_in(deps, enter(deps, world.therapist, NEW_PASSWORD))


def test_sign_ins_and_a_disabling_at_once_leave_nobody_in(deps: Deps, world: World) -> None:
    def act(index: int) -> SignedIn | None:
        return disable(deps, world.staff, world.therapist.id) if index == 3 else enter(deps, world.therapist)

    for one in together(8, act):
        assert one is None or isinstance(one, SignedIn | WrongSignIn)
    assert signing_in.my_sign_ins(deps, world.therapist) == ()
