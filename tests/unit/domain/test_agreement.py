"""Kappa against published figures and by its own laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.agreement import cohens_kappa, fleiss_kappa

# Fleiss (1971), table 1: 30 patients, each put by 6 psychiatrists into one of 5 diagnoses.
PSYCHIATRISTS = [
    (0, 0, 0, 6, 0), (0, 3, 0, 0, 3), (0, 1, 4, 0, 1), (0, 0, 0, 0, 6), (0, 3, 0, 3, 0), (2, 0, 4, 0, 0),
    (0, 0, 4, 0, 2), (2, 0, 3, 1, 0), (2, 0, 0, 4, 0), (0, 0, 0, 0, 6), (1, 0, 0, 5, 0), (1, 1, 0, 4, 0),
    (0, 3, 3, 0, 0), (1, 0, 0, 5, 0), (0, 2, 0, 3, 1), (0, 0, 5, 0, 1), (3, 0, 0, 1, 2), (5, 1, 0, 0, 0),
    (0, 2, 0, 4, 0), (1, 0, 2, 0, 3), (0, 0, 0, 0, 6), (0, 1, 0, 5, 0), (0, 2, 0, 1, 3), (2, 0, 0, 4, 0),
    (1, 0, 0, 4, 1), (0, 5, 0, 1, 0), (4, 0, 0, 0, 2), (0, 2, 0, 4, 0), (1, 0, 5, 0, 0), (0, 0, 0, 0, 6),
]  # fmt: skip
# A worked example found in textbooks: 10 subjects, 14 raters, 5 categories.
FOURTEEN = [
    (0, 0, 0, 0, 14), (0, 2, 6, 4, 2), (0, 0, 3, 5, 6), (0, 3, 9, 2, 0), (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0), (3, 2, 6, 3, 0), (2, 5, 3, 2, 2), (6, 5, 2, 1, 0), (0, 2, 2, 3, 7),
]  # fmt: skip
counts = st.integers(0, 6)


def times(rows):
    found = {}
    for row in rows:
        found[row] = found.get(row, 0) + 1
    return found


@pytest.mark.parametrize(("rows", "kappa"), [(PSYCHIATRISTS, 0.430), (FOURTEEN, 0.210)])
def test_fleiss_as_published(rows, kappa):
    assert fleiss_kappa(times(rows)) == pytest.approx(kappa, abs=5e-4)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [([[20, 5], [10, 15]], 0.4), ([[45, 15], [25, 15]], 0.1304), ([[25, 35], [5, 35]], 0.2593)],
)
def test_cohen_as_published(table, kappa):
    assert cohens_kappa(table) == pytest.approx(kappa, abs=5e-5)


@given(st.lists(st.tuples(counts, counts), max_size=30))
def test_fleiss_stays_within_its_bounds_and_knows_no_order(rows):
    kappa = fleiss_kappa(times(rows))
    if kappa is not None:
        assert -1 - 1e-9 <= kappa <= 1 + 1e-9
        assert fleiss_kappa(times([(b, a) for a, b in rows])) == pytest.approx(kappa)
        assert fleiss_kappa({row: 3 * often for row, often in times(rows).items()}) == pytest.approx(kappa)
        assert fleiss_kappa(times([*rows, (1, 0), (0, 0)])) == pytest.approx(kappa)


@given(st.lists(st.sampled_from([(2, 0), (0, 2), (3, 0), (0, 5)]), min_size=1, max_size=20))
def test_full_agreement_is_one_unless_there_is_nothing_to_tell_apart(rows):
    kappa = fleiss_kappa(times(rows))
    assert kappa is None if len({row.index(max(row)) for row in rows}) == 1 else kappa == pytest.approx(1)


@given(st.tuples(counts, counts, counts, counts))
def test_for_two_raters_without_bias_both_figures_are_one(cells):
    """With a symmetric table the raters use the categories equally often, and Cohen's chance is Fleiss'."""
    a, b, _, d = cells
    cohen = cohens_kappa([[a, b], [b, d]])
    fleiss = fleiss_kappa({(2, 0): a, (1, 1): 2 * b, (0, 2): d})
    assert (cohen is None) is (fleiss is None)
    if cohen is not None:
        assert cohen == pytest.approx(fleiss)


def test_nothing_to_judge_is_no_figure():
    assert cohens_kappa([[0, 0], [0, 0]]) is None
    assert fleiss_kappa({}) is None
    assert fleiss_kappa({(1, 0): 9}) is None
    with pytest.raises(ValueError, match="square"):
        cohens_kappa([[1, 2]])
    with pytest.raises(ValueError, match="categories"):
        fleiss_kappa({(2, 0): 1, (2, 0, 0): 1})
