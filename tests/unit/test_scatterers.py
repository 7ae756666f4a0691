"""A group of bright scatterers: gone after three passes, not after one; SIMULATED stacks."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from benchmarks import sar_metal
from imagery.detectors.scatterers import Departure, departed
from imagery.errors import InputError

LEFT = 28


@pytest.fixture(scope="module")
def gone() -> tuple[np.ndarray, list[int], list[datetime], np.ndarray]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sar_metal, "PASSES", 34)
        return sar_metal.stack(5, 8.0, LEFT)


def judge(stack: tuple, after: int, left: int = LEFT) -> Departure:
    made, orbits, moments, zone = stack
    end = left + after
    return departed(made[:end], orbits[:end], zone, moments[:end], moments[min(left, end - 1)])


@pytest.mark.parametrize(
    ("after", "state"),
    [(1, "provisional loss"), (2, "provisional loss"), (3, "departed"), (6, "departed")],
)
def test_three_passes_and_not_one(gone: tuple, after: int, state: str) -> None:
    assert judge(gone, after).state == state


def test_what_stays_is_present(gone: tuple) -> None:
    found = judge(gone, 0)
    assert found.state == "present"
    assert found.scatterers >= 3
    assert found.strength > 50
    assert np.isnan(found.p)


def test_p_and_strength_tell_the_loss(gone: tuple) -> None:
    found = judge(gone, 6)
    before, after = found.passes[:LEFT], found.passes[LEFT:]
    assert max(each.strength for each in after) < 0.3 * min(each.strength for each in before)
    assert found.p < 1e-6
    assert {each.state for each in after} == {"absent"}
    assert max(each.count for each in after) < min(each.count for each in before)


def test_one_pass_without_data_does_not_count(gone: tuple) -> None:
    made, orbits, moments, zone = gone
    holed = made.copy()
    holed[LEFT + 1] = np.nan
    assert judge((holed, orbits, moments, zone), 3).state == "provisional loss"
    assert judge((holed, orbits, moments, zone), 4).state == "departed"


def test_coming_back_ends_a_loss(gone: tuple) -> None:
    made, orbits, moments, zone = gone
    back = made.copy()
    back[LEFT + 5] = made[LEFT - 1]
    assert judge((back, orbits, moments, zone), 6).state == "present"


def test_rain_on_all_of_the_ground_is_no_loss(gone: tuple) -> None:
    made, orbits, moments, zone = gone
    dry = made[:LEFT].copy()
    dry[-3:] /= 4
    found = departed(dry, orbits[:LEFT], zone, moments[:LEFT], moments[LEFT - 3])
    assert found.state == "present"


def test_empty_ground_was_absent_before() -> None:
    rng = np.random.default_rng(2)
    bare = rng.gamma(4.4, 0.02, (20, 2, 60, 60)).astype(np.float32)
    zone = np.zeros((60, 60), bool)
    zone[22:38, 22:38] = True
    moments = [datetime(2024, 1, 1) + timedelta(days=12 * n) for n in range(20)]
    found = departed(bare, [21] * 20, zone, moments, moments[15])
    assert found.state == "absent before"
    assert found.passes == ()
    assert departed(bare, [21] * 20, zone, moments, moments[5]).state == "not judged"


def test_an_orbit_without_history_is_left_out(gone: tuple) -> None:
    made, _, moments, zone = gone
    orbits = [21] * LEFT + [87] * 6
    found = departed(made, orbits, zone, moments, moments[LEFT])
    assert found.state == "not judged"
    assert {each.orbit for each in found.passes} == {21}


def test_refusals(gone: tuple) -> None:
    made, orbits, moments, zone = gone
    since = moments[LEFT]
    with pytest.raises(InputError, match="zone"):
        departed(made, orbits, zone[1:], moments, since)
    with pytest.raises(InputError, match="orbits, moments"):
        departed(made, orbits[1:], zone, moments, since)
    with pytest.raises(InputError, match="rise"):
        departed(made, orbits, zone, moments[::-1], since)
    with pytest.raises(InputError, match="empty"):
        departed(made, orbits, np.zeros_like(zone), moments, since)
    with pytest.raises(InputError, match="ground around"):
        departed(made, orbits, np.ones_like(zone), moments, since)
