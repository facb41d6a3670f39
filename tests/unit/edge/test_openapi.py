"""One document over many folders, and folders side by side in one process."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from vault_edge.loading import load_folder
from vault_edge.openapi import SERVED, document, folders, main, rendered

FIRST = '''"""first: one of two."""
from pydantic import BaseModel, Field
from rules import LIMIT
from vault_edge.app import App, Json, Query

app = App("first")

class Ask(BaseModel):
    name: str = Field(description="what it is called")

class Page(BaseModel):
    limit: int = Field(default=LIMIT, ge=1, le=9, description="how many")
    tags: list[str] = []

class Made(BaseModel):
    id: str

@app.post("/things/{thing_id}", role="contributor", status=201)
def make(thing_id: str, ask: Ask, page: Query[Page]) -> Made:
    """Make a thing.

    It stays made.
    """
    return Made(id=thing_id)

@app.get("/things/{thing_id}", role="public")
def show(thing_id: str) -> Json: ...

handler, http = app.lambda_entry(), app.http_entry()
'''
SECOND = '''"""second: the other one."""
from pydantic import BaseModel
from rules import LIMIT
from vault_edge.app import App, Json

app = App("second")

class Ask(BaseModel):
    number: int = LIMIT

@app.post("/numbers", role=("admin", "system"), scope="training", form=True)
def add(ask: Ask) -> Json: ...

@app.step
def run() -> Json: ...

handler, http = app.lambda_entry(), app.http_entry()
'''
STEP = '''"""third: no routes."""
from vault_edge.app import App, Json

app = App("third")

@app.step
def run() -> Json: ...
'''


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    root = tmp_path / "functions"
    for name, code, limit in (("first", FIRST, 3), ("second", SECOND, 4), ("third", STEP, 0)):
        (root / name).mkdir(parents=True)
        (root / name / "main.py").write_text(code)
        (root / name / "rules.py").write_text(f"LIMIT = {limit}\n")
    return root


def described(functions: Path) -> Any:
    return json.loads(rendered(functions))


def test_neighbours_of_the_same_name_do_not_meet(functions: Path):
    before = dict(sys.modules)
    first, second = (load_folder(functions / name) for name in ("first", "second"))
    assert (first.LIMIT, second.LIMIT) == (3, 4)
    assert set(sys.modules) - set(before) <= {"step_first", "step_second"}
    assert str(functions) not in " ".join(sys.path)


def test_a_broken_folder_leaves_no_trace(functions: Path):
    (functions / "first" / "main.py").write_text("import rules\nraise RuntimeError('no')\n")
    with pytest.raises(RuntimeError):
        load_folder(functions / "first")
    assert "rules" not in sys.modules
    assert str(functions / "first") not in sys.path


def test_what_callers_may_send_is_described_and_what_we_inject_is_not(functions: Path):
    made = described(functions)["paths"]["/things/{thing_id}"]["post"]
    assert (made["summary"], made["description"], made["tags"]) == ("Make a thing", "It stays made.", ["first"])
    asked = {(one["name"], one["in"], one.get("required", False)) for one in made["parameters"]}
    assert asked == {("thing_id", "path", True), ("limit", "query", False), ("tags", "query", False)}
    limit = next(one for one in made["parameters"] if one["name"] == "limit")
    assert (limit["schema"]["maximum"], limit["schema"]["default"], limit["description"]) == (9, 3, "how many")
    assert made["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Ask"}
    assert made["responses"]["201"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Made"}


def test_who_may_call_and_which_problems_come_back(functions: Path):
    paths = described(functions)["paths"]
    made, shown, added = (
        paths["/things/{thing_id}"]["post"], paths["/things/{thing_id}"]["get"], paths["/numbers"]["post"],
    )  # fmt: skip
    assert (made["security"], made["x-roles"]) == ([{"bearer": []}], ["contributor"])
    assert "security" not in shown
    assert (added["x-roles"], added["x-scope"]) == (["admin", "system"], "training")
    assert "application/x-www-form-urlencoded" in added["requestBody"]["content"]
    assert set(made["responses"]) == {"201", "401", "403", "404", "409", "413", "415", "422", "500", "503"}
    assert set(shown["responses"]) == {"200", "404", "500", "503"}
    for code, answer in made["responses"].items():
        if code != "201":
            reference = answer["content"]["application/problem+json"]["schema"]["$ref"]
            assert reference == "#/components/schemas/Problem"


def test_schemas_of_one_name_are_kept_apart(functions: Path):
    found = described(functions)
    assert set(found["components"]["schemas"]) == {"Ask", "Ask.second", "Made", "Problem"}
    reference = found["paths"]["/numbers"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/Ask.second"


def test_two_functions_cannot_answer_one_route(functions: Path):
    app = load_folder(functions / "first").app
    with pytest.raises(ValueError, match="two functions answer"):
        document([app, app])


def test_write_then_check(functions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    target = tmp_path / "docs" / "openapi.json"
    assert main(["--check", str(functions), str(target)]) == 1
    assert "--write" in capsys.readouterr().err
    assert main(["--write", str(functions), str(target)]) == 0
    assert main(["--check", str(functions), str(target)]) == 0
    assert (functions / SERVED).read_text() == target.read_text()
    (functions / "first" / "main.py").write_text(FIRST.replace("It stays made", "It is gone"))
    assert main(["--check", str(functions), str(target)]) == 1


def test_every_reference_of_the_real_document_leads_somewhere():
    root = Path(__file__).resolve().parents[3]
    found = json.loads((root / "docs" / "openapi.json").read_text())
    schemas = found["components"]["schemas"]
    references = [line.split('"')[3] for line in json.dumps(found, indent=1).splitlines() if '"$ref"' in line]
    assert references
    assert {one.removeprefix("#/components/schemas/") for one in references} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    identifiers = [one["operationId"] for path in found["paths"].values() for one in path.values()]
    assert len(set(identifiers)) == len(identifiers)
    assert folders(root / "functions")
