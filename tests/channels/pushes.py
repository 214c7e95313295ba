"""A push to send, and how a refused one is caught."""

from typing import Any
from uuid import UUID

import pytest
from channels.outgoing import AMPLE_S, a_notice
from peers.push_service import PushService

from checkin.channels.base import ChannelError, Outgoing
from checkin.channels.web_push import WebPushChannel
from checkin.domain.push import topic_of

TOPIC = topic_of(UUID(int=7))


def a_push(service: PushService, **changes: Any) -> Outgoing:
    address = service.browser().address(service.url)
    return a_notice(to_address=address.to_json(), topic=TOPIC, unsubscribe_link=None, **changes)


def refused(channel: WebPushChannel, outgoing: Outgoing, timeout_s: float = AMPLE_S) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        channel.send(outgoing, timeout_s=timeout_s)
    return caught.value
