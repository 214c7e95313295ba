"""Sealed values open in their own place with their own key, unchanged, and nowhere else."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.databases import LOOKUP, MASTER, make_keyring

from checkin.storage.keyring import DataKey, Keyring, Sealed, Unreadable, WrappedKey, token_hash

ROW, OTHER_ROW = UUID(int=1), UUID(int=2)
KEY_ID = UUID(int=3)
PLACE: dict[str, Any] = {"table": "people", "row": ROW, "column": "name"}


def a_key(number: int = 3) -> DataKey:
    keys = make_keyring()
    return keys.open(keys.new_key(UUID(int=number)))


@given(st.text())
def test_what_is_sealed_opens_to_the_same_words(words: str) -> None:
    key = a_key()
    assert key.open(key.seal(words, **PLACE), **PLACE) == words


@given(st.text(min_size=4, alphabet="abcdefghij"))
def test_a_sealed_value_does_not_show_its_words(words: str) -> None:
    assert words.encode() not in a_key().seal(words, **PLACE).blob


def test_the_same_words_are_never_sealed_alike() -> None:
    key = a_key()
    assert len({key.seal("moved house", **PLACE).blob for _ in range(200)}) == 200


def test_every_flipped_bit_is_noticed() -> None:
    key = a_key()
    blob = key.seal("slept badly", **PLACE).blob
    for place in range(len(blob)):
        for bit in range(8):
            changed = bytearray(blob)
            changed[place] ^= 1 << bit
            with pytest.raises(Unreadable):
                key.open(Sealed(bytes(changed)), **PLACE)


def test_every_cut_off_value_is_noticed() -> None:
    key = a_key()
    blob = key.seal("slept badly", **PLACE).blob
    for length in range(len(blob)):
        with pytest.raises(Unreadable):
            key.open(Sealed(blob[:length]), **PLACE)


@pytest.mark.parametrize(
    "elsewhere",
    [{"table": "infusions"}, {"row": OTHER_ROW}, {"column": "email"}],
    ids=["another table", "another row", "another column"],
)
def test_a_sealed_value_opens_only_where_it_was_sealed(elsewhere: dict[str, object]) -> None:
    key = a_key()
    sealed = key.seal("slept badly", **PLACE)
    with pytest.raises(Unreadable):
        key.open(sealed, **(PLACE | elsewhere))


def test_another_persons_key_does_not_open_it() -> None:
    sealed = a_key(3).seal("slept badly", **PLACE)
    with pytest.raises(Unreadable):
        a_key(4).open(sealed, **PLACE)


def test_the_same_key_bytes_under_another_id_do_not_open_it() -> None:
    key = a_key()
    with pytest.raises(Unreadable):
        DataKey(UUID(int=9), key.cipher).open(key.seal("slept badly", **PLACE), **PLACE)


def test_a_wrapped_key_opens_again_with_the_same_master() -> None:
    wrapped = make_keyring().new_key(KEY_ID)
    sealed = make_keyring().open(wrapped).seal("slept badly", **PLACE)
    assert make_keyring().open(wrapped).open(sealed, **PLACE) == "slept badly"


def test_every_flipped_byte_of_a_wrapped_key_is_noticed() -> None:
    wrapped = make_keyring().new_key(KEY_ID)
    for place in range(len(wrapped.wrapped)):
        changed = bytearray(wrapped.wrapped)
        changed[place] ^= 1
        with pytest.raises(Unreadable):
            make_keyring().open(WrappedKey(wrapped.id, wrapped.master, bytes(changed)))


def test_every_cut_off_wrapped_key_is_noticed() -> None:
    wrapped = make_keyring().new_key(KEY_ID)
    for length in range(len(wrapped.wrapped)):
        with pytest.raises(Unreadable):
            make_keyring().open(WrappedKey(wrapped.id, wrapped.master, wrapped.wrapped[:length]))


def test_a_wrapped_key_belongs_to_its_row() -> None:
    wrapped = make_keyring().new_key(KEY_ID)
    with pytest.raises(Unreadable):
        make_keyring().open(WrappedKey(OTHER_ROW, wrapped.master, wrapped.wrapped))


def test_a_wrong_or_missing_master_key_is_a_plain_refusal() -> None:
    wrapped = make_keyring().new_key(KEY_ID)
    wrong = Keyring({"test": bytes(reversed(MASTER))}, "test", LOOKUP)
    missing = Keyring({"next": MASTER}, "next", LOOKUP)
    for keys in (wrong, missing):
        with pytest.raises(Unreadable):
            keys.open(wrapped)


def test_after_a_new_master_key_old_data_keys_open_and_new_ones_use_it() -> None:
    old = make_keyring().new_key(KEY_ID)
    both = Keyring({"next": bytes(reversed(MASTER)), "test": MASTER}, "next", LOOKUP)
    assert both.open(old).id == KEY_ID
    assert both.new_key(OTHER_ROW).master == "next"


def test_look_up_hashes_are_keyed_and_separated_by_kind() -> None:
    keys = make_keyring()
    other = Keyring({"test": MASTER}, "test", bytes(reversed(LOOKUP)))
    hashes = {
        keys.hash("email", "a@example.org"),
        keys.hash("device", "a@example.org"),
        keys.hash("email", "b@example.org"),
        other.hash("email", "a@example.org"),
    }
    assert len(hashes) == 4
    assert keys.hash("email", "a@example.org") == make_keyring().hash("email", "a@example.org")


def test_a_token_hash_does_not_contain_its_token() -> None:
    assert token_hash("abc") != token_hash("abd")
    assert b"abc" not in token_hash("abc")
