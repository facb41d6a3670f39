"""The commands of `lemm`, a file for each group."""
