"""Resources of the template as AWS makes them, where MiniStack's CloudFormation differs.

1. A bucket without a name in the template gets the same generated name at each
   start; MiniStack draws a new one, and its objects would not be found again.
2. ``Ref`` of a secret is its ARN; MiniStack says its name, and a policy that
   allows ``!Ref Secret`` would allow nothing.
"""

from typing import Any


def as_on_aws(provisioners: Any) -> None:
    """Put both in place, before the first deployment."""
    _steady_buckets(provisioners)
    _secrets_by_arn(provisioners)


def _steady_buckets(provisioners: Any) -> None:
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create = handlers["create"]

    def create_with_steady_name(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        if not provisioners._NAME_SEED.get():
            provisioners._NAME_SEED.set("local")
        return create(logical_id, properties, stack)

    handlers["create"] = create_with_steady_name


def _secrets_by_arn(provisioners: Any) -> None:
    handlers: dict[str, Any] = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = (handlers[step] for step in ("create", "update", "delete"))

    def create_by_arn(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    def update_by_arn(physical_id: str, old: dict[str, Any], new: dict[str, Any], *rest: Any, **more: Any) -> Any:
        _, attributes = update(secret_name(physical_id), old, new, *rest, **more)
        return attributes["Arn"], attributes

    def delete_by_arn(physical_id: str, properties: dict[str, Any]) -> Any:
        return delete(secret_name(physical_id), properties)

    handlers.update(create=create_by_arn, update=update_by_arn, delete=delete_by_arn)


def secret_name(arn: str) -> str:
    """The name in a secret's ARN, without the six characters that end it."""
    return arn.rsplit(":", 1)[-1].rsplit("-", 1)[0] if arn.startswith("arn:") else arn
