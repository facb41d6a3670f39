"""The local stack: MiniStack made durable, the template deployed to it, the HTTP functions on one port.

``lemm.stack.up.Stack`` is the way in. Everything below it listens on loopback
only, keeps its state in one data folder, and may be killed at any instant
without losing a write that was acknowledged. ``docs/runbooks/local-stack.md``
says how to run it and what it can't do.
"""
