"""Rules of evidence: hand-computed cases, and what must hold for any numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import evidence
from pipelines.evidence import Acquisition, Answer, Area, Point, Rate

shares = st.floats(0, 1)
STRENGTH = {"ruled_out": 0, "between": 1, "seen": 2}


def made(
    answer: Answer = "seen",
    *,
    found: tuple[int, int] = (190, 200),
    alarms: tuple[int, int] = (0, 24),
    low: tuple[int, int] = (200, 200),
    **changed: float,
) -> Acquisition:
    sure = Point(Rate(*found), Rate(*alarms))
    least = Point(Rate(*low), Rate(*alarms))
    plain = Acquisition("scene", answer, sure, least, clear=1.0, relevance=1.0)
    return replace(plain, **changed)


def test_the_mean_of_a_share_is_that_of_jeffreys() -> None:
    assert Rate(3, 9).power == pytest.approx(0.35)
    assert Rate(200, 200).power == pytest.approx(200.5 / 201)


def test_the_next_date_may_be_the_first_to_alarm() -> None:
    assert Rate(0, 24).false_alarm == pytest.approx(0.04)
    assert Rate(3, 24).false_alarm == pytest.approx(0.16)


def test_nothing_measured_promises_nothing() -> None:
    assert Rate(0, 0).power == 0
    assert Rate(0, 0).false_alarm == 1


def test_a_point_is_as_wrong_as_its_worst_way() -> None:
    point = Point(Rate(9, 10), Rate(0, 24), (Rate(4, 24), Rate(0, 200)))
    assert point.wrong == pytest.approx(5 / 25)


def test_the_ratio_of_a_sighting_is_power_over_false_alarms() -> None:
    one = made("seen")
    assert one.ratio == pytest.approx((190.5 / 201 + (1 - 190.5 / 201) * 0.04) / 0.04)


def test_the_ratio_of_a_denial_is_the_chance_of_missing() -> None:
    one = made("ruled_out", low=(90, 99))
    assert one.ratio == pytest.approx(1 - 90.5 / 100)


def test_cloud_and_time_take_from_what_a_scene_says() -> None:
    one = made("seen", clear=0.5, relevance=0.5)
    reached = 0.25 * 190.5 / 201
    assert one.ratio == pytest.approx((reached + (1 - reached) * 0.04) / 0.04)
    assert made("ruled_out", clear=0.5).ratio == pytest.approx(1 - 0.5 * 200.5 / 201)


def test_a_ratio_is_capped_both_ways() -> None:
    assert made("seen", alarms=(0, 100_000)).ratio == evidence.CAP
    assert made("ruled_out", low=(10_000, 10_000)).ratio == 1 / evidence.CAP


def test_what_lies_between_decides_nothing() -> None:
    wide = replace(made("between", found=(0, 200)), low=Point(Rate(200, 200), Rate(0, 10_000)))
    assert 2 * evidence.CONTRADICTED_LR <= wide.ratio <= evidence.SUPPORTED_LR / 2
    assert made("between", found=(200, 200)).ratio == 1.0


def test_no_scene_is_no_imagery() -> None:
    assert evidence.present([]).word == "no_imagery"
    assert evidence.present([]).posterior is None


def test_seen_once_with_enough_null_dates_supports() -> None:
    found = evidence.present([made("seen")])
    assert (found.word, found.reason) == ("supported", None)
    assert found.posterior == pytest.approx(found.ratio / (1 + found.ratio))


def test_without_a_verdict_there_is_no_probability() -> None:
    found = evidence.present([made("seen", alarms=(0, 8))])
    assert found.word == "inconclusive"
    assert found.ratio is not None
    assert found.posterior is None


def test_a_comparison_that_decides_has_no_ratio_of_its_own() -> None:
    weak = evidence.Finding("inconclusive", "low_power", 0.27, 0.8, None)
    assert evidence.corroborated(weak).posterior is None


@pytest.mark.parametrize(("nulls", "word"), [(19, "inconclusive"), (20, "supported")])
def test_fewer_than_twenty_null_dates_support_nothing(nulls: int, word: str) -> None:
    found = evidence.present([made("seen", alarms=(0, nulls))])
    assert found.word == word
    assert found.reason == ("uncalibrated" if nulls < 20 else None)


def test_the_worst_calibrated_scene_counts() -> None:
    found = evidence.present([made("seen"), made("seen", alarms=(0, 8))])
    assert found.reason == "uncalibrated"


def test_too_many_false_alarms_support_nothing() -> None:
    assert evidence.present([made("seen", alarms=(3, 24))]).word == "inconclusive"


def test_one_scene_that_misses_less_than_one_in_a_hundred_contradicts() -> None:
    found = evidence.present([made("ruled_out")])
    assert found.word == "contradicted"
    assert found.miss == pytest.approx(0.5 / 201)


def test_one_scene_that_misses_more_does_not() -> None:
    found = evidence.present([made("ruled_out", low=(97, 100))])
    assert found.ratio is not None
    assert found.ratio <= evidence.CONTRADICTED_LR
    assert found.word == "inconclusive"


def test_two_such_scenes_miss_the_same_objects() -> None:
    found = evidence.present([made("ruled_out", low=(97, 100))] * 2)
    assert found.word == "inconclusive"
    assert found.miss == pytest.approx(1 - 97.5 / 101)


def test_two_half_clouded_scenes_miss_a_quarter() -> None:
    found = evidence.present([made("ruled_out", clear=0.5)] * 2)
    assert found.miss == pytest.approx(0.25 * 200.5 / 201 + 0.5 / 201)


def test_several_scenes_together_contradict_through_cloud() -> None:
    found = evidence.present([made("ruled_out", clear=0.94)] * 2)
    assert found.word == "contradicted"
    assert evidence.present([made("ruled_out", clear=0.94)]).word == "inconclusive"


def test_the_same_thing_seen_twice_counts_once() -> None:
    weak = made("seen", alarms=(3, 24))
    assert evidence.present([weak, weak]).ratio == pytest.approx(weak.ratio)
    assert evidence.present([weak, weak]).word == "inconclusive"


def test_doubts_alone_decide_nothing() -> None:
    sure, low = Point(Rate(100, 200), Rate(0, 9999)), Point(Rate(200, 200), Rate(99, 9999))
    doubt = replace(made("between"), sure=sure, low=low)
    assert doubt.ratio == evidence.SUPPORTED_LR / 2
    assert evidence.present([doubt, doubt, doubt]).word == "inconclusive"


def test_what_one_scene_saw_the_others_do_not_contradict() -> None:
    found = evidence.present([made("ruled_out"), made("seen", alarms=(3, 24))])
    assert found.ratio is not None
    assert found.ratio <= evidence.CONTRADICTED_LR
    assert found.word == "inconclusive"


@given(st.lists(st.tuples(shares, shares), max_size=5), st.tuples(shares, shares))
def test_another_pass_never_makes_a_miss_likelier(
    passes: list[tuple[float, float]], one: tuple[float, float]
) -> None:
    assert 0 <= evidence.missed(passes) <= 1
    assert evidence.missed([*passes, one]) <= evidence.missed(passes) + 1e-9
    best = max((power for _, power in passes), default=0.0)
    assert evidence.missed(passes) >= 1 - best - 1e-9


def test_what_always_stands_there_cannot_be_missed() -> None:
    found = evidence.present([made("ruled_out")], hidden=True)
    assert (found.word, found.reason) == ("inconclusive", "occupied_before")


def test_little_power_on_a_clear_day_is_not_observable() -> None:
    found = evidence.present([made("ruled_out", found=(10, 100), low=(10, 100))])
    assert (found.word, found.reason) == ("not_observable", "low_power")


def test_little_power_under_cloud_is_inconclusive() -> None:
    found = evidence.present([made("seen", clear=0.1)])
    assert (found.word, found.reason) == ("inconclusive", "cloud")


def test_a_scene_far_from_the_claimed_time_says_so() -> None:
    found = evidence.present([made("ruled_out", relevance=0.3)])
    assert (found.word, found.reason) == ("inconclusive", "time_gap")


def test_both_of_two_times_must_show_it() -> None:
    pair = [made("seen"), made("seen", group=1)]
    assert evidence.present(pair, throughout=True).word == "supported"
    half = [made("seen"), made("ruled_out", group=1)]
    assert evidence.present(half, throughout=True).word == "contradicted"
    assert evidence.present(half).word == "inconclusive"


def test_absent_turns_the_verdict_and_the_ratio() -> None:
    there = evidence.present([made("seen")])
    found = evidence.absent([made("seen")])
    assert found.word == "contradicted"
    assert found.ratio == pytest.approx(1 / there.ratio)
    assert evidence.absent([made("ruled_out")]).word == "supported"
    assert evidence.absent([made("ruled_out")], hidden=True).word == "inconclusive"
    assert evidence.absent([]).word == "no_imagery"


BEFORE, GONE = [made("seen")], [made("ruled_out"), made("ruled_out")]


def test_departed_is_seen_before_and_ruled_out_twice_after() -> None:
    found = evidence.departed(BEFORE, GONE)
    assert found.word == "supported"
    assert found.ratio is not None
    assert found.ratio > evidence.SUPPORTED_LR
    once = evidence.departed(BEFORE, GONE[:1])
    assert (once.word, once.reason) == ("inconclusive", "too_few_dates")


def test_what_is_still_there_has_not_departed() -> None:
    assert evidence.departed(BEFORE, BEFORE).word == "contradicted"


def test_what_was_never_seen_has_not_been_shown_to_depart() -> None:
    assert evidence.departed(GONE, GONE).word in ("inconclusive", "contradicted")
    assert evidence.departed([made("between")], GONE).word == "inconclusive"


def test_departed_needs_both_sides() -> None:
    assert evidence.departed([], GONE).word == "no_imagery"
    assert evidence.departed(BEFORE, []).word == "no_imagery"


def test_a_loss_is_seen_in_two_passes() -> None:
    assert evidence.lost([made("seen"), made("seen")], stood=True).word == "supported"
    once = evidence.lost([made("seen")], stood=True)
    assert (once.word, once.reason) == ("inconclusive", "too_few_dates")
    assert evidence.lost([made("ruled_out")], stood=True).word == "contradicted"


def test_no_loss_contradicts_nothing_where_nothing_stood() -> None:
    for answers in (["ruled_out"], ["seen", "seen"]):
        found = evidence.lost([made(answer) for answer in answers], stood=False)
        assert (found.word, found.reason) == ("inconclusive", "low_power")


def test_arrived_is_there_now_and_was_not_before() -> None:
    assert evidence.arrived(GONE, BEFORE).word == "supported"
    assert evidence.arrived([], BEFORE).reason == "too_few_dates"
    assert evidence.arrived(BEFORE, BEFORE).reason == "occupied_before"
    assert evidence.arrived([made("between")], BEFORE).word == "inconclusive"
    assert evidence.arrived(GONE, GONE).word == "contradicted"


@pytest.mark.parametrize(
    ("power", "share", "word"),
    [(0.96, 1.0, "supported"), (0.91, 1.0, "inconclusive"), (0.96, 0.89, "inconclusive")],
)
def test_unchanged_needs_power_over_most_of_the_ground(
    power: float, share: float, word: str
) -> None:
    areas = [Area(share, power), Area(1 - share, 0.5)]
    assert evidence.unchanged(areas, changes=0, doubtful=0, ratio=20.0).word == word


def test_one_change_that_is_no_false_alarm_contradicts_unchanged() -> None:
    area = [Area(1.0, 0.95)]
    assert evidence.unchanged(area, changes=1, doubtful=0, ratio=0.04).word == "contradicted"
    assert evidence.unchanged(area, changes=1, doubtful=0, ratio=0.08).word == "inconclusive"
    assert evidence.unchanged(area, changes=0, doubtful=1, ratio=20.0).word == "inconclusive"


answers: st.SearchStrategy[Answer] = st.sampled_from(["seen", "between", "ruled_out"])


@st.composite
def scenes(draw: st.DrawFn) -> Acquisition:
    trials = draw(st.integers(1, 300))
    found = draw(st.integers(0, trials))
    low = draw(st.integers(found, trials))
    dates = draw(st.integers(0, 60))
    alarms = draw(st.integers(0, dates))
    low_alarms = draw(st.integers(alarms, dates))
    return Acquisition(
        "scene",
        draw(answers),
        Point(Rate(found, trials), Rate(alarms, dates)),
        Point(Rate(low, trials), Rate(low_alarms, dates)),
        clear=draw(shares),
        relevance=draw(shares),
    )


def better(one: Acquisition, more: int) -> Acquisition:
    """The same answer of a pipeline that finds more."""
    points = [
        replace(
            point,
            power=Rate(min(point.power.count + more, point.power.trials), point.power.trials),
        )
        for point in (one.sure, one.low)
    ]
    return replace(one, sure=points[0], low=points[1])


@given(scenes(), st.integers(0, 300))
def test_more_power_makes_every_answer_say_more(one: Acquisition, more: int) -> None:
    other = better(one, more)
    if one.answer == "seen":
        assert other.ratio >= one.ratio - 1e-9
    if one.answer == "ruled_out":
        assert other.ratio <= one.ratio + 1e-9


@given(scenes(), st.integers(0, 60))
def test_more_false_alarms_never_make_a_sighting_say_more(one: Acquisition, more: int) -> None:
    seen = replace(one, answer="seen")
    rate = seen.sure.false_alarm
    worse = Rate(min(rate.count + more, rate.trials), rate.trials)
    other = replace(seen, sure=replace(seen.sure, false_alarm=worse))
    assert other.ratio <= seen.ratio + 1e-9


@given(scenes())
def test_the_answers_stand_in_order(one: Acquisition) -> None:
    ratios = [replace(one, answer=word).ratio for word in ("ruled_out", "seen")]
    assert ratios[0] <= 1 + 1e-9
    assert ratios[1] >= 1 - 1e-9


@given(scenes())
def test_ratios_are_finite_and_capped(one: Acquisition) -> None:
    assert 1 / evidence.CAP <= one.ratio <= evidence.CAP
    assert math.isfinite(one.ratio)


@given(st.lists(scenes(), min_size=1, max_size=4), st.integers(0, 300))
def test_more_power_never_turns_a_contradiction_into_support(
    seen: Sequence[Acquisition], more: int
) -> None:
    denied = [replace(one, answer="ruled_out") for one in seen]
    words = {
        evidence.present(each).word for each in (denied, [better(one, more) for one in denied])
    }
    assert "supported" not in words


@given(st.lists(scenes(), min_size=1, max_size=4), st.integers(0, 3), answers)
def test_a_surer_answer_never_turns_support_into_contradiction(
    seen: list[Acquisition], place: int, answer: Answer
) -> None:
    place %= len(seen)
    if STRENGTH[answer] < STRENGTH[seen[place].answer]:
        return
    surer = [*seen[:place], replace(seen[place], answer=answer), *seen[place + 1 :]]
    if evidence.present(seen).word == "supported":
        assert evidence.present(surer).word != "contradicted"


@given(st.lists(scenes(), min_size=1, max_size=4))
def test_order_does_not_matter(seen: list[Acquisition]) -> None:
    one, other = evidence.present(seen), evidence.present(seen[::-1])
    assert one.word == other.word
    assert one.ratio == pytest.approx(other.ratio)


@given(st.lists(scenes(), min_size=1, max_size=4), st.booleans())
def test_support_and_contradiction_keep_their_promises(
    seen: list[Acquisition], throughout: bool
) -> None:
    found = evidence.present(seen, throughout=throughout)
    if found.word == "supported":
        assert found.ratio is not None
        assert found.ratio >= evidence.SUPPORTED_LR
        assert all(one.sure.false_alarm.trials >= evidence.LEAST_NULLS for one in seen)
    if found.word == "contradicted":
        assert found.ratio is not None
        assert found.ratio <= evidence.CONTRADICTED_LR
        assert found.miss is not None
        assert found.miss <= evidence.MOST_MISS


@given(st.lists(scenes(), min_size=1, max_size=3), st.lists(scenes(), min_size=1, max_size=3))
def test_departed_is_only_supported_after_presence_and_two_denials(
    before: list[Acquisition], after: list[Acquisition]
) -> None:
    found = evidence.departed(before, after)
    if found.word == "supported":
        assert evidence.present(before).word == "supported"
        assert sum(one.answer == "ruled_out" for one in after) >= evidence.LEAST_ABSENT
