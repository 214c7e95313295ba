"""Rules of repeating events (RFC 5545): which of them surely come round again."""

from collections.abc import Mapping
from typing import Any

_EVERY = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"}


def foreseeable(rule: Mapping[str, list[Any]]) -> bool:
    """Whether the rule is of a kind that surely comes round again: one that never does is searched for ever.

    It holds all that the usual calendar programs write.
    """
    every = [str(value) for value in rule.get("FREQ", [])]
    if len(every) != 1 or every[0] not in _EVERY or not set(rule) <= _PARTS:
        return False
    filters = {name for name in rule if name.startswith("BY")}
    interval = int(rule.get("INTERVAL", [1])[0])
    if interval < 1:
        return False
    if every[0] == "MONTHLY" and (
        (interval > 1 and "BYMONTH" in filters) or (interval % 12 == 0 and filters)
    ):
        return False
    if every[0] == "DAILY":
        return not filters or (interval == 1 and filters == {"BYDAY"} and _plain_days(rule))
    if every[0] == "WEEKLY":
        return filters <= {"BYDAY"} and _plain_days(rule)
    return _days_of_months(rule, filters)


def _plain_days(rule: Mapping[str, list[Any]]) -> bool:
    return all(len(str(day)) == 2 for day in rule.get("BYDAY", []))


def _days_of_months(rule: Mapping[str, list[Any]], filters: set[str]) -> bool:
    """The same for the days of a month: by date, by weekday, or the n-th of some weekdays."""
    if not all(1 <= int(month) <= 12 for month in rule.get("BYMONTH", [])):
        return False
    days = [abs(int(day)) for day in rule.get("BYMONTHDAY", [])]
    if filters <= {"BYMONTH", "BYMONTHDAY"}:
        return all(1 <= day <= (28 if "BYMONTH" in filters else 31) for day in days) or _real_date(rule, days)
    if filters <= {"BYMONTH", "BYDAY"}:
        return all(
            str(day)[:-2] in {"", "1", "2", "3", "4", "-1", "+1", "+2", "+3", "+4"} for day in rule["BYDAY"]
        )
    if filters <= {"BYMONTH", "BYDAY", "BYSETPOS"} and "BYDAY" in filters:
        return _plain_days(rule) and all(1 <= abs(int(position)) <= 4 for position in rule["BYSETPOS"])
    return False


def _real_date(rule: Mapping[str, list[Any]], days: list[int]) -> bool:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    months = [int(month) for month in rule.get("BYMONTH", [])]
    return all(1 <= day <= longest.get(month, 31) for day in days for month in months)
