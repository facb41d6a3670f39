"""Who takes part in the demonstration: two contributors, an admin, a training job, a generation service."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lemm.client import Api
from lemm.installation import Installation

METADATA: dict[str, Any] = {
    "artist_display_name": "Nova Arc",
    "genre_tags": ["electronic", "ambient"],
    "mood_tags": ["dreamy"],
    "language": "instrumental",
    "release_status": "unreleased",
}
RIGHTS: dict[str, Any] = {
    "rights_holder_type": "individual",
    "is_original": True,
    "is_cover": False,
    "has_third_party_samples": False,
    "training_allowed": True,
    "internal_experiment_ok": True,
    "product_ok": True,
    "evaluation_ok": True,
    "internal_demo_ok": True,
}


@dataclass(frozen=True)
class Cast:
    """Signed-in connections."""

    admin: Api
    nova: Api
    ray: Api
    job: Api
    generator: Api
    terms_sha256: str


def gather(place: Installation) -> Cast:
    """Register and sign in everybody."""
    admin = place.admin_api()
    nova, ray = (_contributor(place, name) for name in ("nova", "ray"))
    return Cast(
        admin=admin,
        nova=nova,
        ray=ray,
        job=_service(place, admin, "demo training job", "training"),
        generator=_service(place, admin, "demo generation service", "safety"),
        terms_sha256=nova.terms()["sha256"],
    )


def _contributor(place: Installation, name: str) -> Api:
    api = Api(place.url)
    email, password = f"{name}@example.org", f"{name} plays at midnight"
    api.register(email, password, name.title())
    api.login(email, password)
    return api


def _service(place: Installation, admin: Api, name: str, scope: str) -> Api:
    made = admin.create_service(name, [scope])
    api = Api(place.url)
    api.service_login(made["client_id"], made["client_secret"])
    return api


def submit(api: Api, path: Path, cast: Cast) -> str:
    """Upload and submit one file; returns the track id."""
    upload_id = api.upload(path)
    answer = api.submit(upload_id, {**METADATA, "title": path.stem[:200]}, RIGHTS, cast.terms_sha256)
    return str(answer["track_id"])
