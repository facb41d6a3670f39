"""Every function folder against the template: folders, routes, environment, roles, layers."""

import ast
import re

import pytest
from template import FUNCTIONS, ROOT, functions, http_routes, resources, statements
from vault_domain.news import TOLD
from vault_domain.records import Record
from vault_edge.name_lists import KEY

FOLDERS = sorted(path.name for path in FUNCTIONS.iterdir() if (path / "main.py").exists())
FOREIGN = re.compile(r"arn:|:\*$|^\*$")


def _subclasses(cls: type[Record]) -> list[type[Record]]:
    return [cls, *(found for sub in cls.__subclasses__() for found in _subclasses(sub))]


def _records() -> list[type[Record]]:
    import vault_domain.accounts
    import vault_domain.appeals
    import vault_domain.bulk
    import vault_domain.canaries
    import vault_domain.consents
    import vault_domain.control
    import vault_domain.corrections
    import vault_domain.datasets
    import vault_domain.erasure
    import vault_domain.events
    import vault_domain.evidence
    import vault_domain.exporting
    import vault_domain.flags
    import vault_domain.holding
    import vault_domain.holds
    import vault_domain.infringement
    import vault_domain.lineage
    import vault_domain.messages
    import vault_domain.names
    import vault_domain.output_licence
    import vault_domain.pack_jobs
    import vault_domain.packs
    import vault_domain.policy
    import vault_domain.proposals
    import vault_domain.rechecks
    import vault_domain.release_gate
    import vault_domain.review
    import vault_domain.rights
    import vault_domain.safety
    import vault_domain.served
    import vault_domain.snippets
    import vault_domain.statistics
    import vault_domain.suspensions
    import vault_domain.tracks
    import vault_domain.training
    import vault_domain.uploads  # noqa: F401

    return [cls for cls in _subclasses(Record) if "table" in cls.__dict__ and cls.__module__.startswith("vault_")]


def test_every_folder_is_in_the_template_and_the_other_way_round():
    assert sorted(functions()) == FOLDERS


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_one_module_with_both_entries_and_no_package_file(folder):
    text = (FUNCTIONS / folder / "main.py").read_text()
    assert ast.get_docstring(ast.parse(text)), "say what the step promises"
    assert "handler, http = app.lambda_entry(), app.http_entry()" in text
    assert not (FUNCTIONS / folder / "__init__.py").exists()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_imports_layers_and_its_own_folder_only(folder):
    allowed = {"vault_domain", "vault_edge", "vault_store", "vault_audio", "vault_index"}
    allowed |= {"vault_embedder", "vault_prompts", "vault_credentials"}
    own = {path.stem for path in (FUNCTIONS / folder).glob("*.py")}
    for path in (FUNCTIONS / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = {n.split(".")[0] for n in names if n.startswith(("vault_", "lemm"))}
            assert ours <= allowed | own, f"{path}: {ours}"
            assert "os" not in names, "only vault_edge.deps reads the environment"


@pytest.mark.parametrize("folder", FOLDERS)
def test_routes_of_the_code_are_the_events_of_the_template(folder, load_step):
    routes = load_step(folder).app.routes
    coded = {(e.method, e.path) for e in routes.endpoints} if routes else set()
    assert coded == http_routes(functions()[folder])


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_has_a_table_or_bucket_name_exactly_where_its_role_reaches_it(folder):
    props = functions()[folder]
    variables = props.get("Environment", {}).get("Variables", {})
    tables = {v["Ref"] for k, v in variables.items() if k.startswith("LEMM_TABLE_")}
    reached = {
        arn["Fn::GetAtt"][0]
        for statement in statements(props)
        for arn in statement["Resource"]
        if isinstance(arn, dict) and "Fn::GetAtt" in arn and arn["Fn::GetAtt"][0].endswith("Table")
    }
    assert tables == reached
    buckets = {k.removeprefix("LEMM_BUCKET_").lower() for k in variables if k.startswith("LEMM_BUCKET_")}
    text = str([s for s in statements(props) if "s3:" in str(s["Action"])])
    assert buckets == set(re.findall(r"\$\{Prefix\}-([a-z]+)-", text))


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_role_is_broad(folder):
    for statement in statements(functions()[folder]):
        actions = statement["Action"]
        assert all("*" not in action for action in actions), statement
        for resource in statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]:
            assert resource != "*"


@pytest.mark.parametrize("folder", FOLDERS)
def test_events_are_append_only(folder):
    """Nobody updates or deletes. audit-sequence reads, and puts an event back with its place in the log and nothing
    else (ADR 0009); audit and lineage read; the gateway finds changes of
    consent, and erase what somebody flagged, through one index each."""
    reading = {"GetItem", "Query"}
    allowed = {
        "audit-sequence": {"GetItem", "PutItem", "Query"}, "audit": reading, "lineage": reading,
        "gateway-issue-token": {"PutItem", "Query"}, "erase": {"PutItem", "Query"},
    }  # fmt: skip
    for statement in statements(functions()[folder]):
        if "EventsTable" in str(statement["Resource"]):
            actions = {action.removeprefix("dynamodb:") for action in statement["Action"]}
            assert actions <= allowed.get(folder, {"PutItem"})


def test_nobody_deletes_from_the_log_and_one_function_writes_it():
    """Witnesses' signatures lie beside it, in an object of their own."""
    writers: dict[str, set[str]] = {}
    for folder in FOLDERS:
        for statement in statements(functions()[folder]):
            if "${Prefix}-log-" in str(statement["Resource"]):
                assert "Delete" not in str(statement["Action"])
                if "Put" in str(statement["Action"]):
                    writers[folder] = {one["Fn::Sub"].partition("AccountId}/")[2] for one in statement["Resource"]}
    assert writers == {"audit-sequence": {"public/*", "sequencer/*"}, "witness": {"public/witnessed"}}


@pytest.mark.parametrize("folder", ["gateway-fetch", "gateway-issue-token"])
def test_what_training_jobs_reach_lists_no_bucket_and_scans_no_table(folder):
    actions = str([statement["Action"] for statement in statements(functions()[folder])])
    assert "List" not in actions
    assert "Scan" not in actions


@pytest.mark.parametrize("folder", FOLDERS)
def test_at_most_five_layers(folder):
    assert len(functions()[folder]["Layers"]) <= 5


def test_only_decode_carries_the_decoder_program():
    carriers = {name for name, props in functions().items() if {"Ref": "FfmpegLayer"} in props["Layers"]}
    assert carriers == {"decode"}


def test_tables_have_exactly_the_indexes_that_records_use():
    wanted: dict[str, set[str]] = {}
    for record in _records():
        wanted.setdefault(record.table, set()).update(record.index_names)
    built = {}
    for name, props in resources("AWS::DynamoDB::Table").items():
        table = props["TableName"]["Fn::Sub"].removeprefix("${Prefix}-")
        built[table] = {index["IndexName"] for index in props.get("GlobalSecondaryIndexes", [])}
        assert name == f"{table.capitalize()}Table"
    assert built == wanted


def test_versions_of_the_snapshot_of_names_that_were_written_over_go():
    rules = resources("AWS::S3::Bucket")["SnapshotsBucket"]["LifecycleConfiguration"]["Rules"]
    (rule,) = [one for one in rules if KEY.startswith(one["Prefix"])]
    assert (rule["Status"], rule["NoncurrentVersionExpiration"]) == ("Enabled", {"NoncurrentDays": 1})
    assert "ExpirationInDays" not in rule


def test_the_template_is_clean():
    import subprocess
    import sys
    from pathlib import Path

    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, ROOT / "template.yaml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("folder", FOLDERS)
def test_whoever_changes_a_status_may_tell_its_owner(folder):
    """A step of the track's table writes a message in the same commit; without the right the commit would fail."""
    code = " ".join(path.read_text() for path in (FUNCTIONS / folder).glob("*.py"))
    tells = "vault_edge.claiming" in code or any(f"Trigger.{trigger.name}" in code for trigger in TOLD)
    if tells:
        granted = [s["Action"] for s in statements(functions()[folder]) if "MessagesTable" in str(s["Resource"])]
        assert any("dynamodb:PutItem" in actions for actions in granted)


def test_fingerprints_are_read_by_the_steps_that_compare_and_care_for_the_index_alone():
    """ADR 0023. Of these, safety-check alone answers outsiders, with spans and scores."""
    reading = set()
    for folder, properties in functions().items():
        for statement in statements(properties):
            where = str(statement["Resource"])
            if "s3:GetObject" in statement["Action"] and ("/features/*" in where or "}/vault/*" in where):
                reading.add(folder)
    assert reading <= COMPARING
    assert {"internal-match", "safety-check", "index-build"} <= reading


COMPARING = frozenset({
    "admit", "external-match", "fingerprint", "index-build", "internal-match", "retro-scan", "revoke", "safety-check",
    "sweep", "withheld-index",
})  # fmt: skip
