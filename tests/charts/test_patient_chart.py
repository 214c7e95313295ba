"""The patient's chart: a sentence first, a plain picture with gaps as gaps, and the same in a table."""

import gzip

import pytest
from courses import English, check_in, infusion, missed, prompt, traced
from drawings import of_class, parsed, runs, words

from checkin.charts.chart import Chart
from checkin.charts.patient_chart import patient_chart
from checkin.domain.prompt import PromptState
from checkin.domain.trajectory import Trajectory, trace

FORTNIGHT = [
    *[(-14, 19), (-2, 17), (4, 15.4), (10, 10.3), (24, 7), (34, 9), (48, 8), (72, 9)],
    *[(96, 8), (120, 10), (168, 11), (216, 12), (264, 14), (336, 15)],
]
SERIES = [(hour + after, 12 - number) for number, hour in enumerate((0, 48, 96)) for after in (4, 24, 46)]


def chart(trajectory: Trajectory) -> Chart:
    return patient_chart(trajectory, to=English(), zone="America/New_York")


def test_the_sentence_says_score_change_and_when() -> None:
    assert chart(traced(FORTNIGHT)).sentence == (
        "Your last score was 15 of 27, 3 lower than before the infusion."
        " You answered on Tuesday 17 March, 11:30am."
    )


def test_moments_are_in_the_zone_asked_for() -> None:
    berlin = patient_chart(traced(FORTNIGHT), to=English(), zone="Europe/Berlin")
    assert "4:30pm" in berlin.sentence
    assert berlin.table.rows[0][0] == "Tuesday 3 March, 2:30am"


def test_the_axis_is_fixed_and_says_what_up_means() -> None:
    for scores in (FORTNIGHT, [(4, 1)], [(-2, 27), (4, 27)]):
        tree = parsed(chart(traced(scores)).svg)
        shown = words(tree)
        assert shown[:4] == ["0", "9", "18", "27"]
        assert {"↑ more symptoms", "↓ fewer symptoms", "Infusion"} <= set(shown)
        heights = [place[1] for path in of_class(tree, "grid")[0] for run in runs(path) for place in run]
        assert heights == sorted(heights, reverse=True)


def test_one_infusion_is_read_by_the_hour() -> None:
    assert {"before", "1 day", "3 days", "7 days", "14 days"} <= set(
        words(parsed(chart(traced(FORTNIGHT)).svg))
    )
    early = words(parsed(chart(traced([(-2, 18), (4, 12)])).svg))
    assert {"4 hours", "12 hours", "time since the infusion"} <= set(early)


def test_several_infusions_are_read_by_the_day_and_numbered() -> None:
    tree = parsed(chart(traced([(-2, 18), *SERIES], infusions=(0, 48, 96))).svg)
    shown = words(tree)
    assert "days since infusion 1" in shown
    assert [label.text for label in of_class(tree, "axis")[0].iter("text")] == ["0", "1", "2", "3", "4", "5"]
    assert [label.text for label in of_class(tree, "infusion")[0].iter("text")] == ["1", "2", "3"]
    (dashed,) = of_class(tree, "infusion")[0].iter("path")
    assert len(dashed.get("d", "").split("M")) == 4
    two = words(parsed(chart(traced(SERIES[:6], infusions=(0, 48))).svg))
    assert {"Infusion 1", "Infusion 2"} <= set(two)


def test_every_answer_has_a_dot_and_the_line_joins_them() -> None:
    tree = parsed(chart(traced(FORTNIGHT)).svg)
    (line,) = of_class(tree, "line")
    (joined,) = runs(line)
    dots = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in of_class(tree, "dots")[0]]
    assert dots == joined
    assert len(dots) == len(FORTNIGHT)
    (value,) = of_class(tree, "value")
    assert value.text == "15"


def test_a_missed_check_in_is_an_empty_tick_and_a_gap() -> None:
    tree = parsed(chart(traced([(4, 12), (24, 8), (48, 9), (72, 9)], missed_at=(34, 60))).svg)
    (line,) = of_class(tree, "line")
    assert [len(run) for run in runs(line)] == [2]  # 4 and 24 are joined; 48 and 72 stand alone
    assert len(of_class(tree, "dots")[0]) == 4
    assert len(of_class(tree, "missed")[0]) == 2
    bare = parsed(chart(traced([(4, 12), (24, 8)])).svg)
    assert of_class(bare, "missed") == []


def test_a_late_answer_is_hollow_and_says_so() -> None:
    late = chart(trace([check_in(24, 8), check_in(36, 9, late=True)], [infusion()], []))
    dots = of_class(parsed(late.svg), "dots")[0]
    assert [dot.get("class") for dot in dots] == [None, "hollow"]
    assert late.table.rows[1][2] == "9 of 27 (answered late)"
    assert "Empty circles are late answers." in late.caption
    assert "late" not in chart(traced(FORTNIGHT)).caption


def test_the_table_holds_answers_and_what_was_not_answered() -> None:
    trajectory = trace(
        [check_in(-2, 18), check_in(4.2, 12), check_in(48, 18), check_in(72, 20)],
        [infusion()],
        [missed(24), prompt(34, PromptState.DECLINED)],
    )
    table = chart(trajectory).table
    assert table.caption == "Your check-ins, compared with before the infusion"
    assert table.columns == ("When", "Time", "Score", "Compared")
    assert [row[1:] for row in table.rows] == [
        ("2 hours before", "18 of 27", "–"),
        ("4 hours after", "12 of 27", "6 lower"),
        ("24 hours after", "Not answered", "–"),
        ("34 hours after", "Not today", "–"),
        ("2 days after", "18 of 27", "the same"),
        ("3 days after", "20 of 27", "2 higher"),
    ]


def test_a_second_answer_and_other_forms_are_not_in_it() -> None:
    other = check_in(48, 20, line="phq-9|1", instrument="phq-9|1")
    plain = [check_in(-2, 18), check_in(24, 8)]
    more = [*plain, check_in(25, 3, secondary=True), other]
    assert chart(trace(more, [infusion()], [])) == chart(trace(plain, [infusion()], []))


def test_without_anything_to_draw_there_are_words() -> None:
    nothing = chart(trace([], [], []))
    assert (nothing.svg, nothing.sentence) == ("", "No infusion is recorded yet.")
    assert nothing.table.rows == ()
    waiting = chart(trace([], [infusion()], [missed(4)]))
    assert waiting.svg == ""
    assert [row[1:] for row in waiting.table.rows] == [("4 hours after", "Not answered", "–")]
    assert waiting.sentence == "No check-ins yet since the infusion on Tuesday 3 March, 10:30am."


def test_scores_before_a_first_infusion_can_be_drawn() -> None:
    early = chart(traced([(-14, 19), (-2, 17)]))
    assert early.sentence.startswith("Your last score was 17 of 27, before the infusion.")
    assert len(of_class(parsed(early.svg), "dots")[0]) == 2


def test_of_a_long_course_the_last_six_are_drawn() -> None:
    weekly = tuple(168 * week for week in range(9))
    scores = [(-2, 20), *((hour + 24, 10) for hour in weekly)]
    tree = parsed(chart(traced(scores, infusions=weekly)).svg)
    labels = [label.text for label in of_class(tree, "infusion")[0].iter("text")]
    assert labels == ["4", "5", "6", "7", "8", "9"]
    assert "days since infusion 4" in words(tree)


def test_it_is_one_image_with_a_name_and_a_description() -> None:
    tree = parsed(patient_chart(traced(FORTNIGHT), to=English(), zone="UTC", name="mine").svg)
    assert tree.get("role") == "img"
    assert tree.get("aria-labelledby") == "mine-title mine-description"
    assert [tree[0].get("id"), tree[1].get("id")] == ["mine-title", "mine-description"]
    assert tree[0].text
    assert tree[1].text


def test_nothing_in_it_judges_predicts_or_runs() -> None:
    both = chart(traced(FORTNIGHT)), chart(traced([(-2, 10), (24, 25)]))
    classes = [{e.get("class") for e in parsed(one.svg).iter()} for one in both]
    assert classes[0] == classes[1]  # a rise looks like a fall
    for one in both:
        assert not {"script", "a", "style", "image"} & {e.tag for e in parsed(one.svg).iter()}
        assert all("style" not in e.attrib for e in parsed(one.svg).iter())


class Hostile(English):
    """A catalogue gone wrong, or a zone name from somewhere else."""

    def __init__(self, words: str) -> None:
        self.words = words

    def gettext(self, message: str) -> str:
        return super().gettext(message).replace("symptoms", self.words.replace("%", ""))


@pytest.mark.parametrize(
    "hostile", ["</script><script>alert(1)</script>", "\u2028", "{{7*7}}", '"><img src=x>']
)
def test_hostile_words_stay_words(hostile: str) -> None:
    tree = parsed(patient_chart(traced(FORTNIGHT), to=Hostile(hostile), zone="UTC").svg)
    assert f"↑ more {hostile}" in words(tree)
    assert not {"script", "img"} & {element.tag for element in tree.iter()}


def test_it_is_light_enough_for_a_slow_phone() -> None:
    found = chart(traced(FORTNIGHT, missed_at=(60, 144)))
    assert len(gzip.compress(found.svg.encode())) <= 1000
    everything = repr((found.svg, found.sentence, found.caption, found.table)).encode()
    assert len(gzip.compress(everything)) <= 2500
