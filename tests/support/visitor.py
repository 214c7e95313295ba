"""A person with a browser: keeps cookies, reads the form token from the page, follows what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from support.people import PASSWORD
from werkzeug.test import TestResponse

from checkin.domain.person import Person


@dataclass
class WebForm:
    """A form of a page: where it goes and what it would send, radio buttons left unchosen."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[WebForm] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(WebForm(action=values.get("action", ""), method=values.get("method", "get")))
        elif tag in {"input", "textarea", "select"} and self.forms and values.get("name"):
            form, name, value = self.forms[-1], values["name"], values.get("value", "")
            if values.get("type") in {"radio", "checkbox"}:
                form.choices.setdefault(name, []).append(value)
            else:
                form.values[name] = value


def forms_of(page: str) -> list[WebForm]:
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def token_of(page: str) -> str:
    """The form token of a page."""
    return next(form.values["csrf_token"] for form in forms_of(page) if "csrf_token" in form.values)


class Visitor:
    """One browser. ``base_url`` may be the TLS one; cookies marked Secure are then sent back."""

    def __init__(self, app: Flask, base_url: str = "http://127.0.0.1:8000") -> None:
        self.app = app
        self.base_url = base_url
        self.client = app.test_client()

    def open(self, method: str, url: str, **more: Any) -> TestResponse:
        """Make any request; the whole answer is read, so that no file stays open."""
        return self.client.open(url, method=method, base_url=self.base_url, buffered=True, **more)

    def get(self, url: str, **more: Any) -> TestResponse:
        return self.open("GET", url, **more)

    def post(
        self, url: str, data: Mapping[str, object] | None = None, *, page: str = "/sign-in", **more: Any
    ) -> TestResponse:
        """Send a form with the token that ``page`` carries."""
        values = {"csrf_token": token_of(self.get(page).text), **(data or {})}
        return self.bare_post(url, values, **more)

    def bare_post(self, url: str, data: Mapping[str, object] | None = None, **more: Any) -> TestResponse:
        """Send a form as it is, without fetching a token for it."""
        return self.open("POST", url, data=data, **more)

    def sign_in(self, person: Person, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", {"email": person.email, "password": password})

    def cookie(self, name: str) -> str | None:
        """The value of a cookie, with or without the prefix it has over TLS."""
        for prefix in ("", "__Host-"):
            found = self.client.get_cookie(prefix + name, domain=self.base_url.split("/")[2].split(":")[0])
            if found is not None:
                return found.value
        return None
