"""A service's access token: fetched before it runs out, refused as the vault refuses, and at home in every process."""

import pickle

import httpx
import pytest
from lemm.training import ServiceToken, StreamProblem


class Vault(httpx.BaseTransport):
    """Answers each request for a token with the next one, or with what it was told to."""

    def __init__(self, *refusals: httpx.Response) -> None:
        self.asked: list[httpx.Request] = []
        self.refusals = list(refusals)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.refusals:
            return self.refusals.pop(0)
        return httpx.Response(200, json={"access_token": f"token {len(self.asked)}"})


def test_it_is_fetched_before_it_runs_out():
    vault, now = Vault(), [0.0]
    fetch = ServiceToken("https://vault.example", "svc", "secret", transport=vault, clock=lambda: now[0])
    assert (fetch(), fetch()) == ("token 1", "token 1")
    now[0] = 600.0
    assert fetch() == "token 2"
    assert {str(one.url) for one in vault.asked} == {"https://vault.example/accounts/token"}


def test_a_refusal_keeps_its_code_and_a_stumble_is_tried_again():
    refused = httpx.Response(401, json={"code": "bad_credentials", "detail": "no"})
    with pytest.raises(StreamProblem) as problem:
        ServiceToken("https://vault.example", "svc", "x", transport=Vault(refused), sleep=lambda _: None)()
    assert (problem.value.code, problem.value.status) == ("bad_credentials", 401)
    stumbling = Vault(httpx.Response(503))
    assert ServiceToken("https://v.example", "svc", "x", transport=stumbling, sleep=lambda _: None)() == "token 2"


def test_it_goes_to_another_process_without_a_connection():
    there = pickle.loads(pickle.dumps(ServiceToken("https://vault.example", "svc", "secret")))
    there._transport = Vault()
    assert there() == "token 1"
