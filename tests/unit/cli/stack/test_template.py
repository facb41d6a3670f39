"""Reading, packaging and routing a template."""

import io
import json
import os
import zipfile

import pytest
from lemm.stack import package as packages
from lemm.stack import template as templates
from lemm.stack.child import StackError
from lemm.stack.router import Router
from lemm.stack.static import static
from lemm.stack.template import HttpRoute

TEXT = """
AWSTemplateFormatVersion: 2010-09-09
Globals:
  Function:
    Environment: {Variables: {T: !Ref Table}}
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: build/layers/common}
  Tracks:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/tracks
      Role: !GetAtt Role.Arn
      Layers: [!Ref Common]
      Events:
        Get: {Type: HttpApi, Properties: {Path: "/tracks/{track_id}", Method: get}}
        Any: {Type: HttpApi}
        Clock: {Type: Schedule, Properties: {Schedule: rate(1 minute)}}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.asl.json
      DefinitionSubstitutions: {A: !Sub "${Table.Arn}/index/*", B: !Join ["", [a, !Ref Table]]}
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "functions" / "tracks" / "__pycache__").mkdir(parents=True)
    (tmp_path / "functions" / "tracks" / "main.py").write_text("handler = None\n")
    (tmp_path / "functions" / "tracks" / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"x")
    (tmp_path / "flow.asl.json").write_text("{}")
    (tmp_path / "template.yaml").write_text(TEXT)
    return tmp_path


def test_short_tags_become_long_ones(root):
    template = templates.load(root / "template.yaml")
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    tracks, flow = (template["Resources"][name]["Properties"] for name in ("Tracks", "Flow"))
    assert tracks["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert tracks["Layers"] == [{"Ref": "Common"}]
    assert flow["DefinitionSubstitutions"]["A"] == {"Fn::Sub": "${Table.Arn}/index/*"}
    assert flow["DefinitionSubstitutions"]["B"] == {"Fn::Join": ["", ["a", {"Ref": "Table"}]]}
    json.dumps(template)


def test_http_events_become_routes(root):
    template = templates.load(root / "template.yaml")
    assert templates.http_routes(template) == [
        HttpRoute("Tracks", "GET", "/tracks/{track_id}"),
        HttpRoute("Tracks", "ANY", "/{proxy+}"),
    ]
    assert templates.code_folder(template, root, "Tracks") == root / "functions" / "tracks"


def test_what_is_no_template_is_refused(tmp_path):
    (tmp_path / "t.yaml").write_text("just: text")
    with pytest.raises(ValueError, match="not a CloudFormation template"):
        templates.load(tmp_path / "t.yaml")


def test_local_paths_become_objects_and_layers_become_markers(root):
    template = templates.load(root / "template.yaml")
    done = packages.package(template, root, "bucket")
    properties = {name: resource.get("Properties", {}) for name, resource in done.template["Resources"].items()}
    assert properties["Tracks"]["CodeUri"].startswith("s3://bucket/")
    assert properties["Flow"]["DefinitionUri"]["Bucket"] == "bucket"
    layer = done.objects[properties["Common"]["ContentUri"].rsplit("/", 1)[1]]
    assert zipfile.ZipFile(io.BytesIO(layer)).namelist() == ["README"]
    assert template["Resources"]["Tracks"]["Properties"]["CodeUri"] == "functions/tracks"
    with pytest.raises(StackError, match="build/layers/common, which does not exist"):
        packages.package(template, root, "bucket", built_layers=True)


def test_a_zip_depends_on_its_files_alone(root):
    folder = root / "functions" / "tracks"
    first = packages.zipped(folder)
    os.utime(folder / "main.py", (1, 1))
    (folder / "main.py").chmod(0o755)
    assert packages.zipped(folder) == first
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["main.py"]
    (folder / "main.py").write_text("changed")
    assert packages.zipped(folder) != first


# --- router -----------------------------------------------------------------------


def app(name):
    def serve(environ, start):
        start("200 OK", [])
        return [name.encode()]

    return serve


ROUTES = [
    HttpRoute("rest", "ANY", "/files/{proxy+}"),
    HttpRoute("one", "GET", "/tracks/{track_id}"),
    HttpRoute("status", "GET", "/tracks/{track_id}/status"),
    HttpRoute("mine", "GET", "/tracks/mine"),
    HttpRoute("submit", "POST", "/tracks/submit"),
]


def ask(router, method, path, host="127.0.0.1:80"):
    got = {}

    def start(status, headers, *rest):
        got["status"], got["headers"] = status, dict(headers)

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": host, "HTTP_ACCEPT": "text/html"}
    body = b"".join(router(environ, start))
    return int(got["status"].split()[0]), body, got["headers"]


def test_a_path_with_control_signs_is_nothing_and_is_told_as_a_problem():
    functions = {route.function: app(route.function) for route in ROUTES}
    status, body, headers = ask(Router(ROUTES, functions), "GET", "/tracks/trk\n1")
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert {"type", "title", "status", "detail", "code", "instance"} == json.loads(body).keys()


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/tracks/mine", b"mine"),
        ("GET", "/tracks/trk_1", b"one"),
        ("HEAD", "/tracks/trk_1", b"one"),
        ("GET", "/tracks/trk_1/status", b"status"),
        ("POST", "/tracks/submit", b"submit"),
        ("GET", "/tracks/submit", b"one"),
        ("DELETE", "/files/a/b/c", b"rest"),
        ("GET", "/extra", b"extra"),
    ],
)
def test_the_most_specific_route_is_taken(method, path, expected):
    functions = {route.function: app(route.function) for route in ROUTES}
    assert ask(Router(ROUTES, functions, extra_routes={"/extra": app("extra")}), method, path)[1] == expected


def test_refusals_of_the_router():
    router = Router(ROUTES, {route.function: app(route.function) for route in ROUTES})
    status, body, headers = ask(router, "DELETE", "/tracks/submit")
    assert (status, json.loads(body)["code"], headers["Allow"]) == (405, "method_not_allowed", "GET, POST")
    assert ask(router, "GET", "/tracks/a/b")[0] == 404
    assert ask(router, "GET", "/tracks/trk_1", host="evil.example:80")[0] == 403
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_the_client_is_served_from_its_folder_only(tmp_path):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("page")
    (dist / "assets" / "a.js").write_text("script")
    (tmp_path / "secret.txt").write_text("secret")
    (dist / "link").symlink_to(tmp_path / "secret.txt")
    serve = Router([], {}, otherwise=static(dist))
    assert ask(serve, "GET", "/")[1] == b"page"
    assert ask(serve, "GET", "/assets/a.js")[2]["Content-Type"].startswith("text/javascript")
    assert ask(serve, "GET", "/review/queue")[1] == b"page"
    for path in ("/../secret.txt", "/assets/../../secret.txt", "/link", "/missing.js", "/\0.js"):
        status, body, _ = ask(serve, "GET", path)
        assert b"secret" not in body
        assert (status, body == b"page") in ((404, False), (200, True))
    assert ask(serve, "POST", "/")[0] == 404


def test_without_a_client_there_is_a_page_that_names_the_api():
    serve = Router([], {}, otherwise=static(None))
    assert b"/docs" in ask(serve, "GET", "/")[1]
    assert ask(serve, "GET", "/anything")[0] == 404
