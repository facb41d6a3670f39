"""Records, objects, signatures, secrets and the snapshot pointer.

Each store here implements one port of ``vault_domain.ports`` twice: for real
(DynamoDB, S3, Secrets Manager) and in memory. ``tests/contract`` holds both to
the same laws. No foreign error leaves this package: callers see only
``vault_domain.errors``.
"""
