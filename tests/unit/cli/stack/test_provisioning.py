"""Resources as AWS makes them: steady bucket names, secrets by ARN."""

from contextvars import ContextVar
from types import SimpleNamespace

import pytest
from lemm.stack.provisioning import as_on_aws, secret_name

ARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:lemm-Jwt-02BF-1e28ac"


def world():
    seen = []
    seed = ContextVar("seed", default="")
    handlers = {
        "AWS::S3::Bucket": {"create": lambda *about: (f"bucket-{seed.get()}", about)},
        "AWS::SecretsManager::Secret": {
            "create": lambda logical, properties, stack: ("lemm-Jwt-02BF", {"Arn": ARN}),
            "update": lambda physical, *rest, **more: seen.append(physical) or (physical, {"Arn": ARN}),
            "delete": lambda physical, properties: seen.append(physical),
        },
    }
    provisioners = SimpleNamespace(_NAME_SEED=seed, _RESOURCE_HANDLERS=handlers)
    as_on_aws(provisioners)
    return handlers, seed, seen


def test_a_bucket_gets_the_same_name_at_each_start():
    handlers, seed, _ = world()
    token = seed.set("")
    assert handlers["AWS::S3::Bucket"]["create"]("Files", {}, "lemm")[0] == "bucket-local"
    seed.reset(token)
    seed.set("given")
    assert handlers["AWS::S3::Bucket"]["create"]("Files", {}, "lemm")[0] == "bucket-given"


def test_a_secret_is_its_arn_outside_and_its_name_inside():
    handlers, _, seen = world()
    secret = handlers["AWS::SecretsManager::Secret"]
    assert secret["create"]("Jwt", {}, "lemm")[0] == ARN
    assert secret["update"](ARN, {}, {}, "lemm", logical_id="Jwt")[0] == ARN
    secret["delete"](ARN, {})
    assert seen == ["lemm-Jwt-02BF"] * 2


@pytest.mark.parametrize(("given", "name"), [(ARN, "lemm-Jwt-02BF"), ("plain-name", "plain-name")])
def test_the_name_in_an_arn(given, name):
    assert secret_name(given) == name
