"""A packaged template becomes a running stack, through a CloudFormation change set.

The emulator keeps no control plane, so at each start the change set creates
everything from the template; tables and buckets find their contents by name
(``tables``, ``objects``). In a running emulator the same call updates.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from lemm.stack.child import StackError
from lemm.stack.package import Package, body, upload

STACK = "lemm"
ARTIFACTS = "lemm-artifacts"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_INLINE_LIMIT = 51_200


@dataclass(frozen=True)
class Deployed:
    """What the stack consists of: physical names by logical id, and its outputs."""

    resources: dict[str, str]
    outputs: dict[str, str]


def deploy(clients: Any, done: Package, parameters: Mapping[str, str], *, timeout: float = 60.0) -> Deployed:
    """Send the artefacts, run a change set, wait; ``StackError`` names the resource that failed and why.

    ``clients`` makes a boto3 client from a service's name. Parameters that the
    template does not declare are left out.
    """
    s3, cloudformation = clients("s3"), clients("cloudformation")
    upload(s3, ARTIFACTS, done)
    declared = done.template.get("Parameters") or {}
    exists = _status(cloudformation) is not None
    change = cloudformation.create_change_set(
        StackName=STACK,
        ChangeSetName=f"lemm-{int(monotonic() * 1000)}",
        ChangeSetType="UPDATE" if exists else "CREATE",
        Capabilities=_CAPABILITIES,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items() if name in declared
        ],
        OnStackFailure="DO_NOTHING",
        **_template(s3, body(done)),
    )["Id"]
    deadline = monotonic() + timeout
    if _settled(cloudformation, change, deadline) == "FAILED":
        reason = cloudformation.describe_change_set(ChangeSetName=change).get("StatusReason", "")
        if "didn't contain changes" in reason or "No updates" in reason:
            return describe(cloudformation)
        raise StackError(f"the template was refused: {reason}")
    cloudformation.execute_change_set(ChangeSetName=change)
    status = _finished(cloudformation, deadline)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise StackError(f"deploying ended in {status}:\n{_failures(cloudformation)}")
    return describe(cloudformation)


def _template(s3: Any, text: str) -> dict[str, str]:
    if len(text) <= _INLINE_LIMIT:
        return {"TemplateBody": text}
    s3.put_object(Bucket=ARTIFACTS, Key="template.json", Body=text.encode())
    return {"TemplateURL": f"{s3.meta.endpoint_url}/{ARTIFACTS}/template.json"}


def _status(cloudformation: Any) -> str | None:
    try:
        stacks = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    except cloudformation.exceptions.ClientError:
        return None
    return str(stacks[0]["StackStatus"]) if stacks else None


def _settled(cloudformation: Any, change: str, deadline: float) -> str:
    while True:
        status = str(cloudformation.describe_change_set(ChangeSetName=change)["Status"])
        if status in ("CREATE_COMPLETE", "FAILED"):
            return status
        _pause(deadline, "the change set")


def _finished(cloudformation: Any, deadline: float) -> str:
    while True:
        status = _status(cloudformation) or ""
        if status and not status.endswith("IN_PROGRESS"):
            return status
        _pause(deadline, "the deployment")


def _pause(deadline: float, what: str) -> None:
    if monotonic() > deadline:
        raise StackError(f"{what} did not finish in time")
    sleep(0.05)


def _failures(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)


def describe(cloudformation: Any) -> Deployed:
    """What the stack consists of now."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    found = [entry for page in pages for entry in page["StackResourceSummaries"]]
    outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0].get("Outputs", [])
    return Deployed(
        {entry["LogicalResourceId"]: entry.get("PhysicalResourceId", "") for entry in found},
        {entry["OutputKey"]: entry["OutputValue"] for entry in outputs},
    )
