"""Prompts read through their disguises: who and what they name, and what they ask for."""

from vault_prompts.classifier import Chances, Classifier, ModelDamaged
from vault_prompts.known_titles import TitleIndex
from vault_prompts.names import Found, NameIndex
from vault_prompts.signs import signs_of

__all__ = ["Chances", "Classifier", "Found", "ModelDamaged", "NameIndex", "TitleIndex", "signs_of"]
