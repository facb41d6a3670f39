"""infra/web.yaml serves the client as one machine does: the same headers, and every file by its path."""

from fnmatch import fnmatch
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load
from lemm.stack.static import content_security_policy
from template import ROOT

STORE = "https://store.example"
SITE = ROOT / "web" / "site"


RESOURCES: dict[str, Any] = load(str(ROOT / "infra" / "web.yaml"))["Resources"]
DISTRIBUTION = RESOURCES["Distribution"]["Properties"]["DistributionConfig"]


def test_the_policy_is_the_one_of_one_machine():
    headers = RESOURCES["SiteHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    said = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Fn::Sub"].replace("${StoreOrigins}", STORE)
    assert said == content_security_policy([STORE])


@pytest.mark.parametrize(
    "file", sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file())
)
def test_every_file_comes_from_the_bucket(file: str):
    assert _origin(f"/{file}") == "site"


@pytest.mark.parametrize("path", ["/tracks/submit", "/openapi.json", "/docs", "/accounts/me", "/audit/tile/0/000"])
def test_the_api_is_everything_else(path: str):
    assert _origin(path) == "api"
    assert _origin("/") == "site"


def test_nobody_reads_the_bucket_but_the_distribution():
    bucket = RESOURCES["SiteBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    assert all(bucket.values())
    (grant,) = RESOURCES["SiteBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (grant["Principal"], grant["Action"]) == ({"Service": "cloudfront.amazonaws.com"}, "s3:GetObject")
    assert "AWS:SourceArn" in grant["Condition"]["StringEquals"]


def _origin(path: str) -> str:
    for behaviour in DISTRIBUTION["CacheBehaviors"]:
        if fnmatch(path, behaviour["PathPattern"]):
            return str(behaviour["TargetOriginId"])
    return str(DISTRIBUTION["DefaultCacheBehavior"]["TargetOriginId"])
