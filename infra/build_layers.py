"""Build the Lambda layers into ``build/layers/<name>/python``.

Our own packages are built as wheels and installed without their dependencies
(installing from the source folder would leave editable links that break inside
a layer); third-party packages come from the pinned, hashed files in
``requirements/layers``. At most five layers fit one function, so rules, stores
and edge share the layer ``core`` (docs/adr/0003-layers.md).
"""

import argparse
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "layers"
LIMIT_BYTES = 250 * 1000 * 1000


@dataclass(frozen=True)
class Layer:
    """What goes into one layer: workspace packages, and a requirements file of the same name."""

    name: str
    packages: tuple[str, ...]


LAYERS = (
    Layer("core", ("layers/domain", "layers/store", "layers/edge")),
    Layer("audio", ("layers/audio",)),
    Layer("index", ("layers/index",)),
    Layer("embedder", ("layers/embedder",)),
    Layer("credentials", ("layers/credentials",)),
    Layer("prompts", ("layers/prompts",)),
    Layer("ffmpeg", ()),
)

# What a Lambda never needs: tests and caches of third-party packages, and compilers' leftovers.
PRUNE = ("**/__pycache__", "**/tests", "**/*.dist-info/RECORD", "bin", "**/*.pyi")


def run(*command: str | Path) -> None:
    """Run a command, loudly when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def build(layer: Layer, uv: str) -> int:
    """Build one layer from nothing; returns its size in bytes."""
    target = OUT / layer.name / "python"
    shutil.rmtree(OUT / layer.name, ignore_errors=True)
    target.mkdir(parents=True)
    requirements = ROOT / "requirements" / "layers" / f"{layer.name}.txt"
    install = [uv, "pip", "install", "-q", "--python", sys.executable, "--no-deps", "--link-mode", "copy"]
    install += ["--target", str(target)]
    run(*install, "--require-hashes", "-r", requirements)
    wheels = OUT / layer.name / "wheels"
    for package in layer.packages:
        run(uv, "build", "-q", "--wheel", "--out-dir", wheels, package)
    for wheel in sorted(wheels.glob("*.whl")):
        run(*install, wheel)
    shutil.rmtree(wheels, ignore_errors=True)
    prune(target)
    return size(target)


def prune(target: Path) -> None:
    """Take out what no function needs."""
    for pattern in PRUNE:
        for found in list(target.glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def size(folder: Path) -> int:
    """Unzipped bytes, as Lambda counts them."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Build all layers, or the named ones, and print their sizes."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", help=f"layers to build: {', '.join(layer.name for layer in LAYERS)}")
    parser.add_argument("--uv", default=str(Path(sys.executable).with_name("uv")), help="the uv program")
    asked = parser.parse_args()
    for layer in LAYERS:
        if not asked.names or layer.name in asked.names:
            print(f"{layer.name:<10} {build(layer, asked.uv) / 1e6:7.1f} MB", flush=True)


if __name__ == "__main__":
    main()
