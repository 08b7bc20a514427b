#!/usr/bin/env python3
"""Makes data/statistics/*.tsv, which statistics_test.cpp reads: what SciPy and statsmodels say.

    apt-get install python3-scipy python3-statsmodels
    /usr/bin/python3 tests/statistics_vectors.py data/statistics

Debian 12 has SciPy 1.10.1 and statsmodels 0.13.5. Samples are drawn with a fixed seed. Each line is an answer, what it
is the answer to, and the sample: numbers, with a space between.
"""
import sys

import numpy
from scipy.stats import permutation_test, rankdata, wilcoxon
from statsmodels.stats.multitest import multipletests

random = numpy.random.default_rng(1945)


def text(values):
    return " ".join(repr(float(value)) for value in numpy.atleast_1d(values))


def write(folder, name, header, rows):
    with open(f"{folder}/{name}.tsv", "w") as out:
        out.write("\t".join(header) + "\n")
        out.writelines("\t".join(row) + "\n" for row in rows)


def positive_rank_sum(differences):
    return rankdata(abs(differences))[differences > 0].sum()


def exact(differences):
    """SciPy's exact method knows no ties; its permutation test goes over all signs, and does."""
    kept = differences[differences != 0]
    if len(set(abs(kept))) == len(kept):
        return wilcoxon(kept, alternative="greater", method="exact").pvalue
    return permutation_test((kept,), positive_rank_sum, permutation_type="samples", alternative="greater",
                            n_resamples=numpy.inf).pvalue


def approximate(differences):
    return wilcoxon(differences, alternative="greater", method="approx", correction=True, zero_method="wilcox").pvalue


def wilcoxon_rows():
    smooth = [random.normal(shift, 1, size) for size in (1, 5, 9, 16, 24, 36, 50) for shift in (0, 0.4)]
    # Rounded: with ties, and with zeros.
    coarse = [numpy.round(random.normal(shift, 3, size)) for size in (6, 9, 12, 14) for shift in (0, 1)]
    for differences in smooth + coarse:
        yield text(exact(differences)), "exact", text(differences)
    long = [random.normal(shift, 1, size) for size in (51, 80, 270) for shift in (0, 0.2)]
    tied = [numpy.round(random.normal(shift, 3, size)) for size in (20, 60, 120) for shift in (0, 0.5)]
    for differences in smooth[4:] + long + tied:
        yield text(approximate(differences)), "normal", text(differences)


def quantile_rows():
    for size in (1, 2, 3, 10, 31):
        sample = random.lognormal(0, 1, size)
        for probability in (0, 0.05, 0.25, 1 / 3, 0.5, 0.9, 0.99, 1):
            yield text(numpy.quantile(sample, probability)), text(probability), text(sample)


def holm_rows():
    for size in (1, 2, 3, 6, 12):
        for power in (1, 3):
            p_values = random.random(size) ** power
            yield text(multipletests(p_values, method="holm")[1]), text(p_values)
    yield text(multipletests([0.01, 0.01, 0.04, 0.04], method="holm")[1]), text([0.01, 0.01, 0.04, 0.04])


folder = sys.argv[1]
write(folder, "wilcoxon", ("p_value", "method", "differences"), wilcoxon_rows())
write(folder, "quantile", ("quantile", "probability", "sample"), quantile_rows())
write(folder, "holm", ("adjusted", "p_values"), holm_rows())
