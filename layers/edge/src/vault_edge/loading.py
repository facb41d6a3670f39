"""Loading function folders side by side in one process.

Each folder's module is called ``main`` and may import files beside it by their
bare names. Lambda gives every folder a process of its own; tests, the OpenAPI
writer and a local server do not. Here ``main`` gets a name of its own, and the
names of its neighbours are freed again after the import, so a folder must
import its neighbours at the top of its modules.
"""

import importlib.util
import sys
from pathlib import Path
from threading import Lock
from types import ModuleType

_LOCK = Lock()


def load_folder(folder: Path) -> ModuleType:
    """A fresh module from ``folder/main.py``; ``folder.name`` is the step's name."""
    folder = folder.resolve()
    spec = importlib.util.spec_from_file_location(f"step_{folder.name.replace('-', '_')}", folder / "main.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} has no main.py")
    module = importlib.util.module_from_spec(spec)
    with _LOCK:
        neighbours = {path.stem for path in folder.glob("*.py")} | {
            path.name for path in folder.iterdir() if path.is_dir()
        }
        hidden = {name: sys.modules.pop(name) for name in neighbours if name in sys.modules}
        sys.path.insert(0, str(folder))
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
        finally:
            sys.path.remove(str(folder))
            for name in [name for name in sys.modules if name.partition(".")[0] in neighbours]:
                del sys.modules[name]
            sys.modules.update(hidden)
    return module
