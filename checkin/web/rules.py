"""Who may call which route. A route that is not in this table is refused to everybody."""

from enum import Enum

from checkin.domain.person import Role


class Access(Enum):
    """``PUBLIC``: anybody. ``LINK``: anybody, and the service checks the token in the address.

    ``SIGNED_IN``: any role. The rest name one role; what of a patient may be seen is checked by the service.
    """

    PUBLIC = "public"
    LINK = "link"
    SIGNED_IN = "signed in"
    PATIENT = Role.PATIENT
    THERAPIST = Role.THERAPIST
    STAFF = Role.STAFF


RULES: dict[str, Access] = {
    "static": Access.PUBLIC,
    "help.show": Access.PUBLIC,
    "account.sign_in": Access.PUBLIC,
    "account.send_sign_in": Access.PUBLIC,
}
