"""Rules and records of the LEMM Vault."""
