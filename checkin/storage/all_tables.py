"""Every table in one place, for the migrations and for checks over the whole schema."""

from checkin.storage import (
    alerts,
    appointments,
    audit,
    availabilities,
    check_ins,
    clinics,
    data_keys,
    dispatchers,
    estimates,
    grants,
    infusions,
    library,
    messages,
    patients,
    people,
    phone_numbers,
    prompts,
    sign_ins,
    subscriptions,
    tokens,
)
from checkin.storage.schema import metadata

__all__ = ["metadata"]
_MODULES = (
    alerts,
    appointments,
    audit,
    availabilities,
    check_ins,
    clinics,
    data_keys,
    dispatchers,
    estimates,
    grants,
    infusions,
    library,
    messages,
    patients,
    people,
    phone_numbers,
    prompts,
    sign_ins,
    subscriptions,
    tokens,
)
