"""The numbers to call that a new clinic begins with, by country; somebody has to try them all."""

from checkin.domain.clinic import NEVER_VERIFIED, HelpKind, HelpNumber

# 112 reaches the emergency services in every country of the European Union (directive 2018/1972, article 109)
# and in many others.
_EMERGENCY = "112"
# Each crisis line here says of itself that it answers day and night, all year: 988lifeline.org,
# samaritans.org, telefonseelsorge.de.
_NUMBERS: dict[str, tuple[tuple[HelpKind, str, str, str | None], ...]] = {
    "US": (
        (HelpKind.EMERGENCY, "Emergency services", "911", None),
        (HelpKind.CRISIS, "988 Suicide & Crisis Lifeline", "988", "988"),
    ),
    "GB": (
        (HelpKind.EMERGENCY, "Emergency services", "999", None),
        (HelpKind.CRISIS, "Samaritans", "116 123", None),
    ),
    "DE": (
        (HelpKind.EMERGENCY, "Notruf", _EMERGENCY, None),
        (HelpKind.CRISIS, "TelefonSeelsorge", "0800 1110111", None),
    ),
}


def default_numbers(country: str) -> tuple[HelpNumber, ...]:
    """Return the numbers for a country (ISO 3166, two letters), all marked as never verified."""
    known = _NUMBERS.get(country, ((HelpKind.EMERGENCY, "Emergency services", _EMERGENCY, None),))
    return tuple(
        HelpNumber(
            kind=kind,
            title=title,
            number=number,
            text_number=texts,
            always=kind is HelpKind.CRISIS,
            verified_on=NEVER_VERIFIED,
        )
        for kind, title, number, texts in known
    )
