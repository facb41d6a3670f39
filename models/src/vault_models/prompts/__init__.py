"""Prompts from templates, and the classifier that is trained on them."""
