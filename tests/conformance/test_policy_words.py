"""Every number of the policy has a name for people on the page where it is changed."""

import re

from template import ROOT
from vault_domain.governance import differences
from vault_domain.policy import Policy, Thresholds

PAGE = ROOT / "web" / "site" / "js" / "pages" / "policy-fields.js"


def test_every_field_of_the_policy_has_a_label():
    labels = PAGE.read_text("utf-8").partition("const LABELS = {")[2].partition("\n};")[0]
    named = set(re.findall(r'^  "?([a-z_.]+)"?: "[^"]+",$', labels, re.MULTILINE))
    assert named == set(_leaves(Policy().model_dump(mode="json")))


def test_fields_are_told_by_the_same_names_in_the_history():
    changed = differences(Policy(), Policy(thresholds=Thresholds(weak=0.5), answer_days=3))
    assert {one.field for one in changed} <= set(_leaves(Policy().model_dump(mode="json")))


def _leaves(values: dict[str, object], within: str = "") -> list[str]:
    found: list[str] = []
    for name, value in values.items():
        found += _leaves(value, f"{within}{name}.") if isinstance(value, dict) else [within + name]
    return found
