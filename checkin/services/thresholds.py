"""The thresholds a clinic judges by."""

from dataclasses import replace
from typing import Any

from checkin.domain.clinic import Clinic
from checkin.domain.improvement import DEFAULT_THRESHOLDS, Thresholds


def thresholds_of(clinic: Clinic) -> Thresholds:
    """The clinic's own thresholds over the clinical defaults."""
    own: dict[str, Any] = dict(clinic.settings.thresholds)
    return replace(DEFAULT_THRESHOLDS, **own)
