"""The lemm command, the local stack and the training client."""
