"""Which function may read or write which table and bucket, read off the template.

``python -m lemm.access`` prints the table as Markdown (docs/arch/access.md is
that output); the end-to-end tests prove each line in both directions with the
functions' own credentials.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lemm.stack import template as templates

READS = {"dynamodb:GetItem": "table", "s3:GetObject": "bucket"}
WRITES = {"dynamodb:PutItem": "table", "s3:PutObject": "bucket"}
REMOVES = {"dynamodb:DeleteItem": "table", "s3:DeleteObject": "bucket"}
TITLE = """# Who may touch what

One role per function, nothing shared, nothing granted that is not listed. `r` reads, `w` writes, `d` deletes,
`a` only appends; buckets say under which keys. Generated from `template.yaml` by `python -m lemm.access`;
`tests/e2e/test_access.py` proves every cell with the function's own credentials, both what is allowed and what is not.
"""


@dataclass(frozen=True)
class Grant:
    """One function's rights on one thing; ``prefixes`` of keys for buckets (empty for tables)."""

    function: str
    kind: str
    name: str
    letter: str
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Access:
    """All functions, tables and buckets, and the grants between them."""

    functions: tuple[str, ...]
    tables: tuple[str, ...]
    buckets: tuple[str, ...]
    grants: tuple[Grant, ...]

    def letters(self, function: str, name: str) -> str:
        """``r``, ``w`` and ``d`` as granted, in this order."""
        held = {grant.letter for grant in self.grants if (grant.function, grant.name) == (function, name)}
        return "".join(letter for letter in "rwd" if letter in held)

    def prefixes(self, function: str, bucket: str, letter: str) -> tuple[str, ...]:
        """Key prefixes of one right on a bucket."""
        for grant in self.grants:
            if (grant.function, grant.name, grant.letter) == (function, bucket, letter):
                return grant.prefixes
        return ()


def read_access(path: Path) -> Access:
    """The access that a template grants."""
    loaded = templates.load(path)
    tables = {
        logical: props["TableName"]["Fn::Sub"].removeprefix("${Prefix}-")
        for logical, props in templates.resources(loaded, "AWS::DynamoDB::Table")
    }
    buckets = tuple(
        props["BucketName"]["Fn::Sub"].split("}-")[1].rsplit("-", 1)[0]
        for _, props in templates.resources(loaded, "AWS::S3::Bucket")
    )
    functions: list[str] = []
    grants: list[Grant] = []
    for _, props in templates.resources(loaded, templates.FUNCTION):
        name = Path(props["CodeUri"]).name
        functions.append(name)
        for policy in props.get("Policies") or []:
            for statement in policy["Statement"]:
                grants.extend(_grants(name, statement, tables))
    return Access(tuple(functions), tuple(tables.values()), buckets, tuple(grants))


def _grants(function: str, statement: dict[str, Any], tables: dict[str, str]) -> Iterator[Grant]:
    """Grants of one unconditional statement (the key's own statement depends on encryption)."""
    actions = statement.get("Action", [])
    for letter, known in (("r", READS), ("w", WRITES), ("d", REMOVES)):
        for kind in {known[action] for action in actions if action in known}:
            yield from _named(function, kind, letter, statement["Resource"], tables)


def _named(function: str, kind: str, letter: str, resources: list[Any], tables: dict[str, str]) -> Iterator[Grant]:
    if kind == "table":
        for resource in resources:
            if "Fn::GetAtt" in resource:
                yield Grant(function, kind, tables[resource["Fn::GetAtt"][0]], letter)
        return
    found: dict[str, list[str]] = {}
    for resource in resources:
        bucket, key = resource["Fn::Sub"].split(":::${Prefix}-")[1].split("-${AWS::AccountId}/")
        found.setdefault(bucket, []).append(key)
    for bucket, prefixes in found.items():
        yield Grant(function, kind, bucket, letter, tuple(prefixes))


def _table_cell(letters: str) -> str:
    return {"w": "a", "": "·"}.get(letters, letters.replace("d", ""))


def _bucket_cell(access: Access, function: str, bucket: str) -> str:
    words = [
        f"{letter} {', '.join(f'`{prefix}`' for prefix in access.prefixes(function, bucket, letter))}"
        for letter in access.letters(function, bucket)
    ]
    return "<br>".join(words) or "·"


def markdown(access: Access) -> str:
    """Both tables."""
    lines = [
        TITLE,
        "## Tables",
        "",
        f"| function | {' | '.join(access.tables)} |",
        "|---" * (len(access.tables) + 1) + "|",
    ]
    for function in access.functions:
        cells = [_table_cell(access.letters(function, table)) for table in access.tables]
        lines.append(f"| {function} | {' | '.join(cells)} |")
    lines += [
        "",
        "## Buckets",
        "",
        f"| function | {' | '.join(access.buckets)} |",
        "|---" * (len(access.buckets) + 1) + "|",
    ]
    for function in access.functions:
        cells = [_bucket_cell(access, function, bucket) for bucket in access.buckets]
        lines.append(f"| {function} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the access table of a template."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("template", nargs="?", type=Path, default=Path("template.yaml"))
    print(markdown(read_access(parser.parse_args().template)), end="")


if __name__ == "__main__":
    main()
