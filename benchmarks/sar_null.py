"""False-alarm rates of the radar tests on simulated speckle, and agreement with another road.

``python -m benchmarks.sar_null [--data DIR] [--trials N] [--json FILE]``

SIMULATED gamma fields of ENL 4.4, two independent polarisations: the share of pixels at p < .05,
.01, .001 for the pair test and the omnibus test of 2, 5 and 10 dates, with its exact binomial
interval. PASS needs every share within 10 % of its level; with 4 million trials the interval at
.001 is 3 % wide either way, so a formula that is wrong by a tenth fails. Beside them, two wrong
formulas that must fail: the omnibus test without its correction, and with the degrees of freedom
of a full 2 x 2 covariance.

DIR (layout of s1_series) adds a real stack: p of ``imagery.sar`` against a second implementation
here, from the determinants of p x p covariance matrices (p = 1) in float64, and of the pair test
against the beta distribution of after / (before + after). Agreement is the largest difference of
p, and the package ``nd``, which has the test for p = 2, does not install from its source today.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2

from benchmarks import s1_series
from imagery import looks, sar
from imagery.implant import interval

ENL = 4.4
LEVELS = (0.05, 0.01, 0.001)
DATES = (2, 5, 10)
TRIALS = 4_000_000
BLOCK = 250_000
NEED = 0.10
AGREE = 1e-5
SEED = 20241213

Float = NDArray[np.float32]
Test = Callable[[Float], NDArray[np.floating]]


def pair_test(stack: Float) -> NDArray[np.floating]:
    """Combined p of the first two dates."""
    return sar.ratio_test(stack[0], stack[1], looks=(ENL, ENL)).combined


def omnibus_test(stack: Float) -> NDArray[np.floating]:
    """P of all dates."""
    return sar.omnibus(stack, looks=ENL).p


def uncorrected(stack: Float) -> NDArray[np.floating]:
    """Wrong on purpose: -2 ln Q against chi-square, without rho and omega_2."""
    found = sar.omnibus(stack, looks=ENL)
    rho = 1 - (len(stack) / ENL - 1 / (ENL * len(stack))) / (6 * (len(stack) - 1))
    return np.asarray(chi2.sf(found.statistic / rho, 2 * (len(stack) - 1)))


def full_covariance(stack: Float) -> NDArray[np.floating]:
    """Wrong on purpose: degrees of freedom of a 2 x 2 covariance, which intensities are not."""
    return np.asarray(chi2.sf(sar.omnibus(stack, looks=ENL).statistic, 4 * (len(stack) - 1)))


def rates(test: Test, dates: int, trials: int) -> list[dict[str, float]]:
    """Share of p below each level, with its interval."""
    rng = np.random.default_rng([SEED, dates])
    alarms = np.zeros(len(LEVELS), np.int64)
    done = 0
    while done < trials:
        many = min(BLOCK, trials - done)
        draws = rng.standard_gamma(ENL, (dates, 2, 1, many), np.float32)
        p = test(draws)
        alarms += [int(np.count_nonzero(p < level)) for level in LEVELS]
        done += many
    found = []
    for level, count in zip(LEVELS, alarms.tolist(), strict=True):
        low, high = interval(count, trials)
        share = count / trials
        good = abs(share / level - 1) <= NEED
        found.append({"level": level, "share": share, "low": low, "high": high, "good": good})
    return found


def reference_omnibus(stack: NDArray[np.float64], enl: float) -> NDArray[np.float64]:
    """P by determinants of p x p covariance matrices, summed over polarisations: a second road.

    Source: Conradsen, Nielsen & Skriver 2016, doi:10.1109/TGRS.2015.2510160, for any p.
    """
    k, bands = stack.shape[:2]
    p = 1
    rho = 1 - (2 * p**2 - 1) / (6 * (k - 1) * p) * (k / enl - 1 / (enl * k))
    first = p**2 * (p**2 - 1) / (24 * rho**2) * (k / enl**2 - 1 / (enl * k) ** 2)
    omega = first - p**2 * (k - 1) / 4 * (1 - 1 / rho) ** 2
    total = np.zeros(stack.shape[2:])
    for band in range(bands):
        matrices = stack[:, band, ..., None, None]
        each = np.linalg.slogdet(matrices).logabsdet.sum(axis=0)
        together = np.linalg.slogdet(matrices.sum(axis=0)).logabsdet
        total += -2 * rho * enl * (p * k * np.log(k) + each - k * together)
    degrees = bands * (k - 1) * p**2
    below = chi2.cdf(total, degrees)
    return np.asarray(1 - below - bands * omega * (chi2.cdf(total, degrees + 4) - below))


def reference_pair(stack: NDArray[np.float64], enl: float) -> NDArray[np.float64]:
    """Two-sided p of each polarisation: after / (before + after) is Beta(L, L)."""
    share = stack[1] / (stack[0] + stack[1])
    return np.asarray(2 * np.minimum(beta.cdf(share, enl, enl), beta.sf(share, enl, enl)))


def agreement(folder: Path) -> dict[str, float]:
    """Largest difference of p on a real stack, and the looks that were measured on it."""
    stack, _, _ = s1_series.read(folder)
    stack = stack[[t for t in range(len(stack)) if np.isfinite(stack[t]).all()]][-10:]
    enl = looks.of_pair(stack[0, 0], stack[1, 0]).value
    wide = stack.astype(np.float64)
    found = sar.omnibus(stack, looks=enl).p - reference_omnibus(wide, enl)
    pair = sar.ratio_test(stack[0], stack[1], looks=(enl, enl)).p - reference_pair(wide, enl)
    return {
        "dates": len(stack),
        "pixels": int(found.size),
        "looks": enl,
        "omnibus": float(np.abs(found).max()),
        "pair": float(np.abs(pair).max()),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    print(f"SIMULATED gamma speckle, ENL {ENL}, VV and VH, {given.trials} trials")
    print("test                  dates   level     share   95 % interval        share / level")
    report: dict[str, Any] = {}
    for name, test, dates in [("pair", pair_test, 2)] + [
        ("omnibus", omnibus_test, k) for k in DATES
    ]:
        report[f"{name} {dates}"] = _printed(name, dates, rates(test, dates, given.trials))
    passed = all(each["good"] for found in report.values() for each in found)
    fewer = max(given.trials // 10, 1)
    for name, test in (("no correction", uncorrected), ("2 x 2 freedom", full_covariance)):
        wrong = _printed(f"WRONG: {name}", 5, rates(test, 5, fewer))
        report[f"wrong: {name}"] = wrong
        passed &= not all(each["good"] for each in wrong)
    if given.data:
        real = report["agreement"] = agreement(given.data)
        print(
            f"real stack, {real['dates']} dates, {real['pixels']} px, ENL {real['looks']:.1f}: "
            f"largest difference of p: omnibus {real['omnibus']:.1e}, pair {real['pair']:.1e}"
        )
        passed &= max(real["omnibus"], real["pair"]) < AGREE
    report["passed"] = bool(passed)
    print("PASS" if passed else "FAIL", f"all within {NEED:.0%}, both wrong formulas caught")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1, sort_keys=True), encoding="utf-8")
    return 0 if passed else 1


def _printed(name: str, dates: int, found: list[dict[str, float]]) -> list[dict[str, float]]:
    for each in found:
        print(
            f"{name:22}{dates:5}{each['level']:8}{each['share']:10.6f}   "
            f"{each['low']:.6f}-{each['high']:.6f}{each['share'] / each['level']:12.3f}"
            f"  {'ok' if each['good'] else 'off'}"
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
