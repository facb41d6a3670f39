"""external-match: every active source asked; what could not be asked is said, and never clean."""

import pytest
from granting import take_back
from simulator import Simulator, killed_everywhere
from sounds import PACK, as_file, piece, registered, waiting
from vault_domain.errors import Revoked, SourceUnavailable
from vault_domain.events import AuditEvent, Kind
from vault_domain.evidence import SourceReport
from vault_domain.policy import CatalogueEntry
from vault_domain.ports import Delete, Put
from vault_edge.outbound import Recording
from vault_edge.pack_sources import find_dataset

KNOWN = as_file(piece(1, 16.0))
COPY = as_file(piece(1, 16.0), "MP3")


class Asked:
    """An AcoustID client that answers from here; the real one has tests of its own."""

    def __init__(self, *found: Recording, fails: bool = False) -> None:
        self.found, self.fails, self.calls = found, fails, 0

    def lookup(self, fingerprint: str, duration_s: float) -> tuple[Recording, ...]:
        assert fingerprint
        assert duration_s > 0
        self.calls += 1
        if self.fails:
            raise SourceUnavailable("AcoustID did not answer")
        return self.found


def run(load_step, sim, ask, **given):
    module = load_step("external-match")
    module.app.bind(sim.container(**given))
    answer = module.handler(ask, None)
    return answer, {one.source: one for one in sim.store.list(SourceReport, ask["track_id"]).items}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch) -> None:
    monkeypatch.setattr("vault_edge.comparing.PAUSE_S", 0)


def test_without_catalogues_and_key_nothing_is_clean(sim: Simulator, load_step) -> None:
    answer, reports = run(load_step, sim, waiting(sim, 1, COPY))
    assert list(reports) == ["acoustid"]
    assert reports["acoustid"].status == "not_checked"
    assert "key" in reports["acoustid"].reason
    assert answer["sources"] == [{"source": "acoustid", "status": "not_checked"}]


def test_a_copy_of_a_catalogue_track_is_found_by_name(sim: Simulator, load_step) -> None:
    manifest = registered(sim, ("Known piece", KNOWN), ("Other", as_file(piece(4, 16.0))))
    _, reports = run(load_step, sim, waiting(sim, 1, COPY))
    report = reports["catalogue:open"]
    assert (report.status, report.side, report.tracks_searched) == ("checked", "external", 2)
    assert report.snapshot == manifest.snapshot_id
    best = report.hits[0]
    assert (best.ref, best.title) == ("Known piece", "Known piece")
    assert best.similarity >= 0.9
    assert best.overlap_s > 13
    assert not best.same_audio


def test_an_inactive_catalogue_is_not_asked(sim: Simulator, load_step) -> None:
    registered(sim, ("Known piece", KNOWN))
    entry = sim.store.get(CatalogueEntry, "catalogues", "catalogue#open")
    sim.store.commit([Put(entry.with_changes(active=False), entry.version)])
    _, reports = run(load_step, sim, waiting(sim, 1, COPY))
    assert list(reports) == ["acoustid"]


@pytest.mark.parametrize("how", ["no pack", "registration gone", "review ran out", "use taken away"])
def test_a_catalogue_whose_licence_no_longer_allows_it_is_not_compared_with(sim: Simulator, load_step, how) -> None:
    registered(sim, ("Known piece", KNOWN))
    entry, pack = sim.store.get(CatalogueEntry, "catalogues", "catalogue#open"), find_dataset(sim.store, PACK)
    if how == "no pack":
        sim.store.commit([Put(entry.with_changes(pack=None), entry.version)])
    elif how == "registration gone":
        sim.store.commit([Delete(pack, pack.version)])
    elif how == "use taken away":
        changed = pack.entry.model_copy(update={"allowed_uses": ("metadata_join",)})
        sim.store.commit([Put(pack.with_changes(entry=changed), pack.version)])
    ask = waiting(sim, 1, COPY)
    if how == "review ran out":
        sim.clock.advance(days=183)
    _, reports = run(load_step, sim, ask)
    report = reports["catalogue:open"]
    assert (report.status, report.hits) == ("not_checked", ())
    assert "pack" in report.reason or PACK in report.reason


def test_one_damaged_catalogue_does_not_hide_the_other(sim: Simulator, load_step) -> None:
    registered(sim, ("Known piece", KNOWN), name="good")
    registered(sim, ("Lost piece", as_file(piece(4, 16.0))), name="bad")
    bucket = sim.buckets.open("snapshots")
    bucket.write("catalogues/bad/manifest.json", b"[]", content_type="application/json")
    _, reports = run(load_step, sim, waiting(sim, 1, COPY))
    assert reports["catalogue:bad"].status == "failed"
    assert reports["catalogue:bad"].reason
    assert reports["catalogue:good"].hits[0].ref == "Known piece"


def test_acoustid_is_asked_when_configured(sim: Simulator, load_step) -> None:
    client = Asked(Recording(0.97, "a-1", "mb-1", "Song", "Band"), Recording(0.1, "a-2"))
    _, reports = run(load_step, sim, waiting(sim, 1, COPY), acoustid=client)
    report = reports["acoustid"]
    assert (report.status, report.max_similarity) == ("checked", 0.97)
    assert [(hit.ref, hit.title, hit.artist) for hit in report.hits] == [("acoustid:mb-1", "Song", "Band")]
    assert client.calls == 1


def test_a_failing_service_is_asked_again_and_then_reported(sim: Simulator, load_step) -> None:
    client = Asked(fails=True)
    _, reports = run(load_step, sim, waiting(sim, 1, COPY), acoustid=client)
    assert reports["acoustid"].status == "failed"
    assert client.calls == 3


def test_a_source_that_comes_back_replaces_its_report(sim: Simulator, load_step) -> None:
    ask = waiting(sim, 1, COPY)
    run(load_step, sim, ask, acoustid=Asked(fails=True))
    _, reports = run(load_step, sim, ask, acoustid=Asked())
    assert reports["acoustid"].status == "checked"
    _, reports = run(load_step, sim, ask, acoustid=Asked(fails=True))
    assert reports["acoustid"].status == "failed"


def test_a_track_that_was_taken_back_is_not_sent_anywhere(sim: Simulator, load_step) -> None:
    ask = waiting(sim, 1, COPY)
    take_back(sim, ask["track_id"])
    client = Asked()
    with pytest.raises(Revoked):
        run(load_step, sim, ask, acoustid=client)
    assert client.calls == 0


def test_twice_and_killed_anywhere_each_source_is_recorded_once(load_step) -> None:
    asks = []

    def make():
        sim = Simulator()
        registered(sim, ("Known piece", KNOWN))
        asks[:] = [waiting(sim, 1, COPY)]
        module = load_step("external-match")

        def step(deps):
            module.app.bind(deps)
            module.handler(asks[0], None)
            module.handler(asks[0], None)

        return sim, step

    for label, sim in killed_everywhere(make):
        events = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.EVIDENCE_RECORDED]
        assert sorted(one.data["source"] for one in events) == ["acoustid", "catalogue:open"], label
        assert len(sim.store.list(SourceReport, asks[0]["track_id"]).items) == 2, label
