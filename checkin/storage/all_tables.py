"""Every table in one place, for the migrations and for checks over the whole schema."""

from checkin.storage import (
    alerts,
    audit,
    check_ins,
    clinics,
    data_keys,
    dispatchers,
    grants,
    infusions,
    library,
    messages,
    patients,
    people,
    prompts,
    sign_ins,
    tokens,
)
from checkin.storage.schema import metadata

__all__ = ["metadata"]
_MODULES = (
    alerts,
    audit,
    check_ins,
    clinics,
    data_keys,
    dispatchers,
    grants,
    infusions,
    library,
    messages,
    patients,
    people,
    prompts,
    sign_ins,
    tokens,
)
