"""What a report tells of a tune beside what it tells of copies."""

import pytest
from vault_domain.evidence import Hit
from vault_edge.tune_hits import beside


def hit(ref: str, similarity: float, detector: str) -> Hit:
    return Hit(
        ref=ref, title="", similarity=similarity, overlap_s=10.0, coverage=1.0, detector=detector,
        detectors={detector: similarity},
    )  # fmt: skip


@pytest.mark.parametrize(("copy", "tune", "told"), [(0.5, 0.8, 2), (0.5, 0.4, 1), (0.95, 1.0, 1), (0.7, 0.9, 1)])
def test_a_tune_is_told_where_no_copy_is_found(copy, tune, told):
    found = beside([hit("trk_a", copy, "fp_robust")], [hit("trk_a", tune, "melody")])
    assert len(found) == told
    assert found[0].detectors == {"fp_robust": copy, "melody": tune}


def test_other_tracks_tunes_come_after_the_copies():
    found = beside([hit("trk_a", 0.9, "fp_robust")], [hit("trk_b", 0.95, "melody")])
    assert [one.ref for one in found] == ["trk_a", "trk_b"]
