"""What was sent, in a table, on the days when time itself is odd; every moment was worked out by hand.

Each row is the local time, the step and whether it was the notice or the reminder. Nobody answers, so every
prompt gets both. A reminder goes after 40 % of the time from notice to expiry, but never after 21:15.
"""

import shutil
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from support.command import run
from support.people import NEW_YORK
from support.story import BERLIN, Story, both, local

from checkin.domain.ids import InfusionId, new_id
from checkin.domain.infusion import Infusion, InfusionState
from checkin.domain.ladder import RUNGS
from checkin.domain.person import WakingHours, Zone
from checkin.domain.planner import plan
from checkin.domain.protocol import read_protocol
from checkin.services.replan_all import replan_all
from checkin.services.set_reminders import follow_phone
from checkin.storage import infusions, patients, prompts
from checkin.storage.engine import Database


def test_the_night_of_the_spring_change(story: Story) -> None:
    """29 March 2026: 02:00 becomes 03:00, so a day after 11:00 is at 12:00; times of day stay."""
    story.clock.at = local("2026-03-28 09:00", BERLIN)
    story.lives_in(BERLIN)
    story.infusion(local("2026-03-28 11:00", BERLIN))
    story.run(local("2026-03-31 07:00", BERLIN))
    assert story.table(BERLIN) == [
        *both("hour-4", "03-28 15:00", "03-28 16:12"),
        *both("evening-0", "03-28 20:00", "03-28 21:12"),
        *both("hour-24", "03-29 12:00", "03-29 15:12"),
        *both("evening-1", "03-29 20:00", "03-29 21:12"),
        *both("hour-48", "03-30 12:00", "03-30 16:48"),
    ]


def test_the_night_of_the_autumn_change(story: Story) -> None:
    """25 October 2026: 03:00 becomes 02:00, so a day after 11:00 is at 10:00; times of day stay."""
    story.clock.at = local("2026-10-24 09:00", BERLIN)
    story.lives_in(BERLIN)
    story.infusion(local("2026-10-24 11:00", BERLIN))
    story.run(local("2026-10-27 07:00", BERLIN))
    assert story.table(BERLIN) == [
        *both("hour-4", "10-24 15:00", "10-24 16:12"),
        *both("evening-0", "10-24 20:00", "10-24 21:12"),
        *both("hour-24", "10-25 10:00", "10-25 13:12"),
        *both("evening-1", "10-25 20:00", "10-25 21:12"),
        *both("hour-48", "10-26 10:00", "10-26 14:48"),
    ]


def test_an_evening_too_short_for_a_reminder_has_a_notice(story: Story) -> None:
    """Three hours after 18:01 is 21:01, and from 21:15 on nothing is planned any more."""
    story.clock.at = local("2026-06-10 09:00", BERLIN)
    story.lives_in(BERLIN)
    story.infusion(local("2026-06-10 14:01", BERLIN))
    story.run(local("2026-06-11 12:00", BERLIN))
    assert story.table(BERLIN) == [
        *both("hour-4", "06-10 18:01", "06-10 19:13"),
        ("06-10 21:01", "evening-0", "notice"),
    ]


NIGHTLY = """
name = "nightly"
version = "1"
title = "A question in the small hours"
most_per_day = 3
quiet = { since = "23:45", until = "00:15" }
reminder_share = 0.4
next_infusion_cancels = "nothing"
[[steps]]
name = "night"
due = { day = 1, at = "02:30", between = ["01:30", "05:00"] }
expires = { at = "06:00" }
instruments = ["phq-style-24h"]
"""


def ask_at_night(story: Story, at: datetime) -> None:
    """Somebody who is awake all night, agreed to that, and is asked at 02:30 after the infusion."""
    protocol = read_protocol(NIGHTLY, instruments={"phq-style-24h"})
    awake = WakingHours(since=time(0), until=time(23, 59))
    story.clock.at = at
    story.lives_in(BERLIN)
    patient = story.world.patient
    with story.deps.transaction() as tx:
        patients.change_preferences(tx, patient.id, waking=awake, reminders=True, set_up_at=at)
        patients.change_ladder(tx, patient.id, channels=RUNGS, quiet_agreed_at=at)
        planned = plan(
            protocol,
            infusion_at=at,
            planned=False,
            now=at,
            zones=[Zone(since=at, name=BERLIN)],
            waking=awake,
            available={"phq-style-24h"},
            quiet_agreed=True,
        )
        infusion = Infusion(
            id=InfusionId(new_id(at)), patient_id=patient.id, state=InfusionState.GIVEN, at=at, zone=BERLIN
        )
        infusions.add_infusion(tx, infusion, patient.clinic_id, at)
        prompts.add_prompts(
            tx,
            planned.prompts,
            clinic=patient.clinic_id,
            patient=patient.id,
            infusion=infusion.id,
            now=at,
            awaits={},
        )


def test_fault_11_a_time_that_the_clocks_skip_comes_an_hour_later_and_once(story: Story) -> None:
    """02:30 on 29 March 2026 in Berlin does not exist: 03:30 does. To 06:00 there are 2.5 h: 1 h later."""
    ask_at_night(story, local("2026-03-28 11:00", BERLIN))
    story.run(local("2026-03-30 12:00", BERLIN))
    assert story.table(BERLIN) == both("night", "03-29 03:30", "03-29 04:30")


def test_fault_12_a_time_that_comes_twice_counts_the_first_time_and_once(story: Story) -> None:
    """02:30 on 25 October 2026 in Berlin is at 00:30 and at 01:30 UTC. The reminder: 40 % of 4.5 h later."""
    ask_at_night(story, local("2026-10-24 11:00", BERLIN))
    story.run(local("2026-10-26 12:00", BERLIN))
    assert story.table("UTC") == both("night", "10-25 00:30", "10-25 02:18")


def test_fault_13_a_traveller_gets_what_is_to_come_by_the_clock_of_the_new_place(story: Story) -> None:
    """From New York to Tokyo, 13 hours ahead, in the afternoon of the day after the infusion.

    It is 14:00 in New York and 03:00 of the next day in Tokyo: the evening of day 1 is over there, and the
    reminder of what was sent at home waits for the morning, in which its prompt has ended.
    """
    story.infusion(local("2026-05-04 11:00", NEW_YORK))
    story.run(local("2026-05-05 14:00", NEW_YORK))
    sent_at_home = [
        *both("hour-4", "05-04 15:00", "05-04 16:12"),
        *both("evening-0", "05-04 20:00", "05-04 21:12"),
        ("05-05 11:00", "hour-24", "notice"),
    ]
    assert story.table(NEW_YORK) == sent_at_home
    follow_phone(story.deps, story.world.patient, "Asia/Tokyo", moves=True)
    story.run(local("2026-05-08 12:00", "Asia/Tokyo"))
    table = story.table("Asia/Tokyo")[len(sent_at_home) :]
    assert all("08:00" <= at[6:] <= "21:15" for at, _, _ in table)
    steps = [(step, kind) for _, step, kind in story.table(NEW_YORK)]
    assert len(set(steps)) == len(steps), "nothing comes twice"
    days = [at[:5] for at, _, kind in table if kind == "notice"]
    assert len(set(days)) == len(days), "no second one for a date"
    # 48 h after the END is midnight in Tokyo: 21:15 is nearer to it than 08:00.
    assert table == [
        *both("hour-48", "05-06 21:15", "05-07 08:00"),
        *both("hour-72", "05-07 21:15", "05-08 08:00"),
    ]


@pytest.fixture
def other_tzdata(tmp_path: Path) -> Iterator[Path]:
    """A copy of the time zone database that a test may update; the real one is back afterwards."""
    source = next(Path(one) for one in zoneinfo.TZPATH if (Path(one) / BERLIN).exists())
    for name in (BERLIN, NEW_YORK, "Africa/Lagos"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, tmp_path / name)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    yield tmp_path
    zoneinfo.reset_tzpath(before)
    zoneinfo.ZoneInfo.clear_cache()


def test_fault_13_a_change_of_the_time_zone_database_moves_what_is_to_come_and_nothing_else(
    story: Story, other_tzdata: Path
) -> None:
    """Germany gives up summer time at short notice, in the night of the change. Moments are in UTC."""
    story.clock.at = local("2026-03-28 09:00", BERLIN)
    story.lives_in(BERLIN)
    story.infusion(local("2026-03-28 11:00", BERLIN))
    story.run(local("2026-03-28 22:00", BERLIN))
    shutil.copy(other_tzdata / "Africa" / "Lagos", other_tzdata / BERLIN)  # an hour ahead of UTC for ever
    zoneinfo.ZoneInfo.clear_cache()
    assert replan_all(story.deps) == 1
    story.run(datetime(2026, 3, 31, 5, tzinfo=UTC))
    assert story.table("UTC") == [
        *both("hour-4", "03-28 14:00", "03-28 15:12"),
        *both("evening-0", "03-28 19:00", "03-28 20:12"),
        *both("hour-24", "03-29 10:00", "03-29 13:12"),
        *both("evening-1", "03-29 19:00", "03-29 20:12"),  # 20:00 is an hour later than it would have been
        *both("hour-48", "03-30 10:00", "03-30 14:48"),
    ]


def test_an_operator_plans_anew_by_a_command(story: Story, database: Database) -> None:
    story.infusion(local("2026-05-04 11:00", NEW_YORK))
    assert run("replan", database=database).output == "Planned anew for 1 patients.\n"
