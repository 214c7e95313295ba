"""Who may use a part of the house at all; what they may see there is consent's question."""

from checkin.domain.errors import NotFound
from checkin.domain.person import Person, Role


def require(actor: Person, role: Role) -> None:
    """Raises ``NotFound`` for anybody without the role: a stranger learns nothing."""
    if role not in actor.roles or actor.disabled_at is not None:
        raise NotFound
