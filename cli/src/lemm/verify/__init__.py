"""Checking what the vault has signed, offline: proof files of the log, receipts, manifests."""

from lemm.verify.files import Refused, Verdict, verify_file, verify_with_proof
from lemm.verify.keys import Trusted, read_key, read_witness

__all__ = ["Refused", "Trusted", "Verdict", "read_key", "read_witness", "verify_file", "verify_with_proof"]
