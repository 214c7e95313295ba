"""Whatever comes in over the network is a valid answer or a refusal, never a fault and never half of one."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.asked import Asked, rows, stored
from support.care import fill, submission
from support.people import World

from checkin.domain.errors import Invalid, Problems, Refusal
from checkin.domain.prompt import PromptState
from checkin.services import answer_check_in as answering
from checkin.services import open_check_in
from checkin.services.answer_check_in import Submission
from checkin.services.deps import Deps
from checkin.services.open_check_in import LinkOver


@pytest.mark.parametrize("secret", ["", "x", "\x00", "é", "a" * 5000])
def test_an_unknown_link_is_over(asked: Asked, deps: Deps, secret: str) -> None:
    with pytest.raises(LinkOver):
        open_check_in.open_by_link(deps, secret)
    with pytest.raises(LinkOver):
        answering.answer_by_link(deps, secret, submission(asked.answers()))


BAD_KEYS = [
    "",
    "short",
    "x" * 65,
    "with spaces in the key",
    "zero\x00zero\x00zero\x00",
    "ключ-ключ-ключ-ключ",
    "a" * 16 + "\n",
]


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_damaged_key_is_refused(asked: Asked, deps: Deps, key: str) -> None:
    with pytest.raises(Invalid):
        answering.answer_by_link(deps, asked.link, Submission(key=key, submitted=asked.answers()))
    assert rows(deps) == 0


def test_every_missing_answer_is_named(asked: Asked, deps: Deps) -> None:
    with pytest.raises(Problems) as refused:
        asked.send({}, note="x" * 1001)
    fields = [item.field for item in refused.value.items]
    assert fields == [question.name for question in asked.open().form.questions] + ["note"]
    assert rows(deps) == 0
    assert asked.state() is not PromptState.ANSWERED


GARBAGE = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [
            "-1",
            "4",
            "27",
            "1.0",
            " 1",
            "1 ",
            "01",
            "+1",
            "١",
            "²",
            "true",
            "None",
            "declined",
            "[0]",
            "0;1",
            "1e0",
        ]
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_whatever_is_sent_is_a_valid_answer_or_a_refusal(
    asked: Asked, deps: Deps, world: World, data: st.DataObject
) -> None:
    form = asked.open().form
    names = [question.name for question in form.questions]
    good = fill(form)
    changed = data.draw(st.dictionaries(st.sampled_from([*names, "q0", "q99", "role", "score"]), GARBAGE))
    removed = data.draw(st.sets(st.sampled_from(names), max_size=2))
    sent = {name: value for name, value in (good | changed).items() if name not in removed}
    note = data.draw(st.text(max_size=1010))
    before = rows(deps)
    try:
        saved = answering.answer_by_link(deps, asked.link, submission(sent, note=note))
    except Refusal:
        assert rows(deps) == before
        return
    assert rows(deps) == before + 1
    newest = next(kept for kept in stored(deps, world.patient) if kept.id == saved.id)
    offered = {
        question.link_id: [option.weight for option in question.options] + [None] * question.may_decline
        for question in form.questions
    }
    for answers in newest.answers.values():
        assert all(weight in offered[link_id] for link_id, weight in answers.items())
    assert all(0 <= score.value <= score.maximum for score in newest.scores)
