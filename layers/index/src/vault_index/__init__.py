"""Candidate search, alignment, calibration and index snapshots."""
