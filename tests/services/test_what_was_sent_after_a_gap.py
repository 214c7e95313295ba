"""What was sent after the machine was off or its clock went back; every moment was worked out by hand."""

from datetime import timedelta

from support.people import NEW_YORK
from support.story import Story, both, local

from checkin.domain.clock import Interval


def test_fault_08_a_machine_that_was_off_for_six_hours(story: Story) -> None:
    """Off from 14:30 to 20:30: one prompt ended meanwhile, the next one is half an hour late and once."""
    story.infusion(local("2026-05-04 11:00", NEW_YORK))
    story.run(local("2026-05-04 14:30", NEW_YORK))
    story.clock.set(local("2026-05-04 20:30", NEW_YORK))
    story.run(local("2026-05-05 12:00", NEW_YORK))
    assert story.table(NEW_YORK) == [
        *both("evening-0", "05-04 20:30", "05-04 21:12"),
        ("05-05 11:00", "hour-24", "notice"),
    ]


def test_fault_10_a_clock_that_goes_back_a_day(story: Story) -> None:
    """At noon of day 1 it shows noon of day 0. What was sent is not sent again when that time comes round."""
    story.infusion(local("2026-05-04 11:00", NEW_YORK))
    story.run(local("2026-05-05 12:00", NEW_YORK))
    story.clock.at -= timedelta(days=1)
    story.run(local("2026-05-06 07:00", NEW_YORK))
    assert story.table(NEW_YORK) == [
        *both("hour-4", "05-04 15:00", "05-04 16:12"),
        *both("evening-0", "05-04 20:00", "05-04 21:12"),
        *both("hour-24", "05-05 11:00", "05-05 14:12"),
        *both("evening-1", "05-05 20:00", "05-05 21:12"),
    ]


def test_a_machine_that_comes_back_in_quiet_hours_waits_for_the_morning(story: Story) -> None:
    """Off from 10:30 of day 2 to 23:00: hour-48 was due at 11:00 and is open until 23:00, so it is over."""
    story.infusion(local("2026-05-04 11:00", NEW_YORK))
    story.run(local("2026-05-06 10:30", NEW_YORK))
    before = len(story.reach.sent)
    story.clock.set(local("2026-05-06 22:00", NEW_YORK))
    story.run(local("2026-05-07 07:59", NEW_YORK))
    assert len(story.reach.sent) == before
    quiet = Interval(since=local("2026-05-06 21:30", NEW_YORK), until=local("2026-05-07 08:00", NEW_YORK))
    assert not any(quiet.contains(at) for at, _, _ in story.reach.sent)
