"""Storage events carry the version that MiniStack knows."""

import json
from types import SimpleNamespace

from lemm.stack.events import name_versions


def world():
    sent = []
    bus = SimpleNamespace(_dispatch_event=sent.append)

    def fire(bucket, key, name, version_id=None, **_):
        detail = json.dumps({"object": {"key": key}})
        bus._dispatch_event({"Source": "aws.s3", "Detail": detail})

    s3 = SimpleNamespace(_fire_s3_event=fire)
    name_versions(s3, bus)
    return s3, bus, sent


def test_the_version_is_named():
    s3, _, sent = world()
    s3._fire_s3_event("b", "k", "s3:ObjectCreated:Put", version_id="v1")
    assert json.loads(sent[0]["Detail"])["object"] == {"key": "k", "version-id": "v1"}


def test_without_a_version_nothing_changes():
    s3, bus, sent = world()
    s3._fire_s3_event("b", "k", "s3:ObjectCreated:Put")
    bus._dispatch_event({"Source": "other", "Detail": "{}"})
    assert json.loads(sent[0]["Detail"])["object"] == {"key": "k"}
    assert sent[1] == {"Source": "other", "Detail": "{}"}
