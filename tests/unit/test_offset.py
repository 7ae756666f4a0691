"""The offset: metadata decide, pixels veto, and nothing proves one."""

from __future__ import annotations

import pytest

from imagery.errors import OffsetError
from imagery.offset import (
    Darkness,
    OffsetDecision,
    OffsetFacts,
    check_agreement,
    decide_offset,
    offset_facts,
)

BRIGHT = Darkness(0.0, {"blue": 1200.0, "red": 1100.0})
DARK = Darkness(0.01, {"blue": 700.0, "red": 500.0})
UNDETERMINED = OffsetDecision(0, "undetermined", "")

DECISIONS = [
    (OffsetFacts(baseline=5.11), BRIGHT, -1000, "subtracted"),
    (OffsetFacts(baseline=4.0), BRIGHT, -1000, "subtracted"),
    (OffsetFacts(baseline=3.01), BRIGHT, 0, "none"),
    (OffsetFacts(baseline=3.01), DARK, 0, "none"),
    (OffsetFacts(baseline=5.11), DARK, 0, "vetoed"),
    (OffsetFacts(baseline=5.11, applied=True), BRIGHT, 0, "applied"),
    (OffsetFacts(baseline=5.11, applied=False), BRIGHT, -1000, "subtracted"),
    (OffsetFacts(declared_dn=1000), BRIGHT, -1000, "subtracted"),
    (OffsetFacts(declared_dn=0, baseline=5.11), BRIGHT, 0, "none"),
    (OffsetFacts(), BRIGHT, 0, "undetermined"),
    (OffsetFacts(applied=False), BRIGHT, 0, "undetermined"),
    (OffsetFacts(), DARK, 0, "vetoed"),
]


@pytest.mark.parametrize(("facts", "darkness", "dn", "status"), DECISIONS)
def test_decisions(facts, darkness, dn, status) -> None:
    decision = decide_offset(facts, darkness)
    assert (decision.dn, decision.status) == (dn, status)


@pytest.mark.parametrize(("fraction", "status"), [(9.9e-4, "subtracted"), (1e-3, "vetoed")])
def test_one_pixel_in_a_thousand_vetoes(fraction: float, status: str) -> None:
    assert decide_offset(OffsetFacts(5.0), Darkness(fraction, {})).status == status


def test_facts_from_tags_and_name() -> None:
    name = "S2A_MSIL2A_20241213T082331_N0511_R121_T36SYE_20241213T115000.tif"
    assert offset_facts(name, {}) == OffsetFacts(baseline=5.11)
    assert offset_facts(name, {"PROCESSING_BASELINE": "N0209"}).baseline == 2.09
    assert offset_facts("x.tif", {"s2:processing_baseline": "05.10"}).baseline == 5.1
    assert offset_facts("x.tif", {"BOA_OFFSET_APPLIED": "true"}).applied is True
    assert offset_facts("x.tif", {"earthsearch:boa_offset_applied": "False"}).applied is False
    assert offset_facts("x.tif", {"BOA_ADD_OFFSET": "-1000"}).declared_dn == 1000
    assert offset_facts("x.tif", {"BOA_ADD_OFFSET": "0"}).declared_dn == 0
    assert offset_facts("x.tif", {}) == OffsetFacts()


def test_undetermined_goes_on_where_the_darkest_levels_agree() -> None:
    near = Darkness(0.0, {"blue": 1300.0, "red": 1500.0, "nir": 9000.0})
    check_agreement((UNDETERMINED, UNDETERMINED), (BRIGHT, near))


def test_undetermined_is_refused_where_they_are_half_an_offset_apart() -> None:
    far = Darkness(0.0, {"blue": 1700.0, "red": 1600.0})
    with pytest.raises(OffsetError, match=r"500 DN apart.*PROCESSING_BASELINE"):
        check_agreement((UNDETERMINED, UNDETERMINED), (BRIGHT, far))


def test_undetermined_is_refused_beside_a_date_that_has_the_offset() -> None:
    having = OffsetDecision(-1000, "subtracted", "")
    with pytest.raises(OffsetError, match="one date has it, the other does not say"):
        check_agreement((UNDETERMINED, having), (BRIGHT, BRIGHT))


def test_two_known_states_may_differ() -> None:
    known = (OffsetDecision(0, "none", ""), OffsetDecision(-1000, "subtracted", ""))
    check_agreement(known, (DARK, BRIGHT))
