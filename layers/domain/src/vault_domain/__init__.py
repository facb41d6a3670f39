"""Rules and records of the LEMM Vault.

Nothing here reads a clock, a file, a socket or a random number: times, ids and
bytes are passed in. Standard library and pydantic only.
"""
