"""Training itself: the only modules that import torch.

``views`` is numpy; ``net``, ``loss`` and ``loop`` need torch
(``requirements/train.txt``) and are imported by ``vault_models.train`` alone.
"""
