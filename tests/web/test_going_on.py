"""Where signing in leads: on to the page that was wanted, never away and never to another's place."""

from urllib.parse import quote

import pytest
from support.people import PASSWORD, World
from support.visitor import Visitor

HOMES = {"patient": "/home", "therapist": "/patients", "staff": "/clinic"}


def lands(visitor: Visitor, world: World, who: str, target: str) -> str:
    """Where somebody is sent who signs in for a page."""
    sent = {"email": getattr(world, who).email, "password": PASSWORD}
    answer = visitor.post(f"/sign-in?next={quote(target)}", sent)
    assert answer.status_code == 303
    return answer.location


@pytest.mark.parametrize(
    ("who", "target"),
    [
        ("patient", "/sharing"),
        ("patient", "/check-in?x=1"),
        ("staff", "/clinic/audit?before=9"),
        ("staff", "/account/password"),
        ("therapist", "/patients/019c3dfb-3800-730a-9d70-4c6d4d1e7cd3?course=1"),
        ("therapist", "/"),
    ],
)
def test_it_leads_on_to_the_page_that_was_wanted(
    visitor: Visitor, world: World, who: str, target: str
) -> None:
    assert lands(visitor, world, who, target) == target


@pytest.mark.parametrize(
    "target",
    [
        *(
            "https://evil.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
        ),
        *(
            "/\t/evil.example",
            "/\n/evil.example",
            "http:evil.example",
            "javascript:alert(1)",
            "@evil.example",
        ),
        *("/..//evil.example", "/%5Cevil.example", "//user@evil.example", " //evil.example", "/\x00"),
    ],
)
def test_it_never_leads_away(visitor: Visitor, world: World, target: str) -> None:
    assert lands(visitor, world, "patient", target) == "/home"


@pytest.mark.parametrize(
    ("who", "target"),
    [("patient", "/clinic"), ("staff", "/sharing"), ("therapist", "/clinic/people"), ("staff", "/nothing")],
)
def test_what_another_role_was_looking_at_is_not_found_but_left(
    visitor: Visitor, world: World, who: str, target: str
) -> None:
    assert lands(visitor, world, who, target) == HOMES[who]


def test_an_act_is_no_page_to_go_on_to(visitor: Visitor, world: World) -> None:
    assert lands(visitor, world, "staff", "/sign-out") == "/clinic"
