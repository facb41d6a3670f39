"""Figures by axis: a side that was not searched is absent, and no figure is below what a source said."""

from hypothesis import given
from hypothesis import strategies as st
from records import a_hit, a_report
from vault_domain.axes import SIDES, similarity_by_axis
from vault_domain.decision import max_similarity

figures = st.floats(0, 1, allow_nan=False)
statuses = st.sampled_from(["checked", "not_checked", "failed"])


def reports(draws):
    return tuple(
        a_report(name, *([a_hit(best, same_audio=same)] if best >= 0.2 else []), status=status).model_copy(
            update={"max_similarity": best, "max_melody": tune}
        )
        for name, (best, tune, same, status) in zip(("vault", "catalogue:a", "catalogue:b"), draws, strict=True)
    )


@given(st.lists(st.tuples(figures, figures, st.booleans(), statuses), min_size=3, max_size=3))
def test_a_side_has_figures_exactly_when_it_was_searched(draws):
    found = reports(draws)
    axes = similarity_by_axis(found)
    for side in SIDES:
        best = max_similarity(found, side)
        assert (side in axes) == (best is not None)
        if best is not None:
            made = [report for report in found if report.side == side and report.status == "checked"]
            assert max(axes[side]["fp_exact"], axes[side]["fp_robust"]) >= best
            assert axes[side]["melody"] == max(report.max_melody for report in made)
            assert axes[side]["fp_exact"] == float(any(hit.same_audio for one in made for hit in one.hits))


def test_the_outside_lookup_has_an_axis_of_its_own():
    (axes,) = (similarity_by_axis((a_report("acoustid", a_hit(0.8, detectors={"acoustid": 0.8})),)),)
    assert axes == {"external": {"acoustid": 0.8}}
