"""Seeded music, augmentation, training, evaluation and export of the embedder.

Nothing in this package is needed at run time by the vault itself: it makes
test material (``compose``), hardens a model against it (``augment``,
``train``), measures the result (``evaluate``) and exports it (``export``).
"""
