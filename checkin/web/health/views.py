"""How the server is, for other machines: whether it lives, whether it can work, and figures over time."""

import hmac
import ipaddress

from flask import Blueprint, Response, make_response, request

from checkin.domain.errors import NotFound
from checkin.services import watch_over
from checkin.web.context import deps
from checkin.web.health.prometheus import CONTENT_TYPE, exposition
from checkin.web.speech import said

health = Blueprint("health", __name__)


@health.get("/healthz")
def live() -> Response:
    """This process answers; it says nothing about anything else."""
    return _plain("ok", 200)


@health.get("/readyz")
def ready() -> Response:
    """200 when the database answers, its schema is current and a scheduler was heard of lately."""
    found = watch_over.problems(deps())
    if found:
        return _plain("\n".join(said(problem) for problem in found), 503)
    return _plain("\n".join(["ready", *(said(remark) for remark in watch_over.remarks(deps()))]), 200)


@health.get("/metrics")
def metrics() -> Response:
    """Figures in the text format of Prometheus, for this machine or whoever has the token."""
    if not _may_measure():
        raise NotFound
    response = make_response(exposition(watch_over.figures(deps())))
    response.headers["Content-Type"] = CONTENT_TYPE
    return response


def _may_measure() -> bool:
    token = deps().settings.metrics_token
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer":
        return hmac.compare_digest(given.strip().encode(), token.encode())
    # What a proxy on this machine passes on comes from here too, but bears the traces of having come by it.
    passed_on = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "Via"))
    return not passed_on and _is_loopback(request.remote_addr or "")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _plain(words: str, status: int) -> Response:
    response = make_response(f"{words}\n", status)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    return response
