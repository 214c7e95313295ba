"""Callbacks of the provider of texts: the service looks at the signature."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from checkin.services.take_callback import take_callback
from checkin.web.context import deps

texts = Blueprint("texts", __name__)


@texts.post("/texts/callback")
def callback() -> ResponseReturnValue:
    """Take what became of a text, or a text to us."""
    # The provider signs the address it knows: ours as people see it, not as a proxy passes it on.
    url = deps().settings.base_url + request.full_path.rstrip("?")
    take_callback(deps(), url=url, headers=dict(request.headers), body=request.get_data(cache=False))
    return "", 204
