"""Writes reference.json: statistics of small samples as SciPy and deepsig compute them.

    python -m venv /tmp/scipy && /tmp/scipy/bin/pip install scipy deepsig && /tmp/scipy/bin/python test/analysis/reference.py
"""

import json
import math
from itertools import product
from pathlib import Path

import numpy as np
import scipy
from deepsig import aso
from deepsig.aso import compute_violation_ratio
from scipy import stats

SAMPLES = [
    ([0.561, 0.563, 0.559], [0.777, 0.778, 0.776]),
    ([98.0, 98.1, 97.9, 98.2], [98.5, 98.4, 98.7]),
    ([0.1, 0.9], [0.4, 0.45]),
    ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.5, 2.1, 3.2, 4.4, 4.9, 6.3]),
    ([44.2, 44.8, 43.9, 44.1, 45.0, 44.4, 43.7, 44.6], [44.9, 45.1, 44.3, 44.0, 45.9, 44.8, 44.2, 45.4]),
]


def welch(a, b):
    result = stats.ttest_ind(a, b, equal_var=False)
    low, high = result.confidence_interval(0.95)
    return {"mean": float(np.mean(a) - np.mean(b)), "df": float(result.df), "low": float(low), "high": float(high), "p": float(result.pvalue)}


def paired(a, b):
    result = stats.ttest_rel(a, b)
    low, high = result.confidence_interval(0.95)
    return {"df": float(result.df), "low": float(low), "high": float(high), "p": float(result.pvalue)}


def sign_flips(a, b):
    """Two-sided p of the mean difference over all 2^n sign flips."""
    differences = np.subtract(a, b)
    observed = abs(differences.mean())
    flipped = [abs(np.mean(differences * np.array(signs))) for signs in product([-1, 1], repeat=len(a))]
    exact = stats.permutation_test((a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=math.inf)
    p = float(np.mean([value >= observed - 1e-12 for value in flipped]))
    assert math.isclose(p, exact.pvalue, abs_tol=1e-12), (p, exact.pvalue)
    return p


def bca(a, b):
    """BCa bootstrap interval of the mean difference; close to, not equal to, any other stream of resamples."""
    result = stats.bootstrap((np.subtract(a, b),), np.mean, n_resamples=200_000, method="BCa", random_state=np.random.default_rng(1))
    return {"low": float(result.confidence_interval.low), "high": float(result.confidence_interval.high)}


def order(a, b):
    """Almost stochastic order, both ways; epsilon hangs on the stream of resamples."""
    a, b = np.array(a), np.array(b)
    return {
        "ratio": float(compute_violation_ratio(a, b, dt=1e-5)),
        "epsilon": [float(aso(x, y, seed=1, num_bootstrap_iterations=4000, show_progress=False)) for x, y in ((a, b), (b, a))],
    }


def holm(p_values):
    order = np.argsort(p_values)
    adjusted = np.empty(len(p_values))
    running = 0.0
    for place, index in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = running
    return adjusted.tolist()


def hedges(a, b):
    """Hedges' g: Cohen's d by the pooled standard deviation, corrected by the exact gamma factor."""
    df = len(a) + len(b) - 2
    pooled = math.sqrt(((len(a) - 1) * np.var(a, ddof=1) + (len(b) - 1) * np.var(b, ddof=1)) / df)
    correction = math.exp(math.lgamma(df / 2) - math.lgamma((df - 1) / 2)) / math.sqrt(df / 2)
    return float((np.mean(a) - np.mean(b)) / pooled * correction)


P_VALUES = [0.01, 0.04, 0.03, 0.005, 0.5]

reference = {
    "scipy": scipy.__version__,
    "samples": [
        {
            "a": a,
            "b": b,
            "sem": [float(stats.sem(a)), float(stats.sem(b))],
            "welch": welch(a, b),
            "hedges": hedges(a, b),
            **({"paired": paired(a, b)} if len(a) == len(b) else {}),
            **({"sign_flips": sign_flips(a, b)} if len(a) == len(b) and len(a) >= 6 else {}),
            **({"order": order(a, b)} if min(len(a), len(b)) >= 5 else {}),
            **({"bca": bca(a, b)} if len(a) == len(b) and len(a) >= 8 else {}),
        }
        for a, b in SAMPLES
    ],
    "holm": {"p": P_VALUES, "adjusted": holm(P_VALUES)},
    "t_quantiles": [{"p": p, "df": df, "t": float(stats.t.ppf(p, df))} for p in (0.8, 0.975, 0.995) for df in (1, 2, 3.7, 4, 30)],
}

Path(__file__).with_name("reference.json").write_text(json.dumps(reference, indent=1) + "\n")
