"""Seeded music generator, augmentation, training and export of the embedder."""
