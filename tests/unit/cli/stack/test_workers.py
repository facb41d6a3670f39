"""Workers: random role credentials, errors by class, turns, logs."""

import threading
import time
from pathlib import Path
from queue import Queue
from types import SimpleNamespace

import pytest
from lemm.stack import workers

CONFIG = {
    "FunctionName": "keep",
    "FunctionArn": "arn:aws:lambda:eu-central-1:000000000000:function:keep",
    "Role": "arn:aws:iam::000000000000:role/keep-role",
}


def test_a_role_has_one_random_session_per_function():
    registered = {}
    sessions = workers.RoleSessions(registered.__setitem__)
    first = sessions.credentials(CONFIG)
    assert sessions.credentials(dict(CONFIG)) == first
    other = sessions.credentials({**CONFIG, "FunctionArn": CONFIG["FunctionArn"] + "2"})
    assert not set(first.values()) & set(other.values())
    session = registered[first["AWS_ACCESS_KEY_ID"]]
    assert session["Arn"] == "arn:aws:sts::000000000000:assumed-role/keep-role/keep"
    assert session["SecretAccessKey"] == first["AWS_SECRET_ACCESS_KEY"]
    assert len(first["AWS_SECRET_ACCESS_KEY"]) >= 40


def test_the_worker_script_is_the_one_we_know():
    from ministack.core import lambda_runtime

    assert workers._REPORT in lambda_runtime._PYTHON_WORKER_SCRIPT or workers._RAISED in (
        lambda_runtime._PYTHON_WORKER_SCRIPT
    )


WORKER = SimpleNamespace(func_name="keep")


def test_an_error_gets_its_class_and_its_trace_is_kept(tmp_path):
    raised = {"error": "no", "type": "LostRace", "trace": "Traceback\n"}
    kept = workers._keep_worker(lambda _: {"status": "ok", "result": None, "log": "line", "raised": raised}, tmp_path)

    def warm(function, event, request_id):
        result = kept(WORKER)
        assert result["status"] == "error"
        body = {"errorMessage": result["error"], "errorType": "Runtime.HandlerError"}
        return {"body": body, "error": True, "log": result["log"]}

    told = workers._tell(warm)({"config": CONFIG}, {}, "r")
    assert told["body"] == {"errorMessage": "no", "errorType": "LostRace"}
    assert (tmp_path / "keep.log").read_text() == "Traceback\n"


def test_a_result_stays_what_it_is(tmp_path):
    kept = workers._keep_worker(lambda _: {"status": "ok", "result": {"a": 1}, "log": ""}, tmp_path)
    told = workers._tell(lambda *_: {"body": kept(WORKER)["result"], "log": ""})({"config": CONFIG}, {}, "r")
    assert told == {"body": {"a": 1}, "log": ""}
    assert list(tmp_path.iterdir()) == []


def test_output_is_kept_as_it_is_written(tmp_path):
    worker = SimpleNamespace(func_name="keep", _proc=SimpleNamespace(stderr=["one\n", "two\n"]), _stderr_queue=Queue())
    workers.keep_output(tmp_path / "functions")(worker)
    assert (tmp_path / "functions" / "keep.log").read_text() == "one\ntwo\n"
    assert [worker._stderr_queue.get_nowait() for _ in range(2)] == ["one", "two"]


def test_calls_of_one_function_take_turns_and_others_do_not_wait():
    running, most, lock = 0, 0, threading.Lock()

    def work(function, event, request_id):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    execute = workers.take_turns(work, 2)
    threads = [threading.Thread(target=execute, args=({"FunctionName": "a"}, {}, "r")) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_a_function_that_calls_itself_goes_ahead_in_the_end():
    def work(function, event, request_id):
        return execute(function, event - 1, request_id) if event else "done"

    execute = workers.take_turns(work, 1, seconds=0.01)
    assert execute({"FunctionName": "a"}, 3, "r") == "done"


def test_a_large_log_starts_over(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "_LOG_LIMIT", 10)
    path: Path = tmp_path / "f.log"
    for text in ("first line", "second line", "third"):
        workers.append_log(path, text)
    assert (path.read_text(), (tmp_path / "f.log.1").read_text()) == ("third\n", "second line\n")


def test_an_unknown_script_is_refused():
    class Runtime:
        _PYTHON_WORKER_SCRIPT = "something else"

    with pytest.raises(RuntimeError, match="not the one that we know"):
        workers.install(Runtime, Runtime, None, Path())
