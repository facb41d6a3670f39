"""The music embedder: mono samples in, a 512-D track embedding and one per segment out.

The front end lives inside the ONNX model, so there is no second
implementation of it; this package checks the model, cuts long input into
bounded pieces and says what silence and short input mean.
"""

from vault_embedder.embedder import Embedder, Embedding
from vault_embedder.manifest import Manifest, ModelDamaged

__all__ = ["Embedder", "Embedding", "Manifest", "ModelDamaged"]
