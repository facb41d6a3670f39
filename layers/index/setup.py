"""Builds the C kernels of vault_index; everything else is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "vault_index._kernels",
            ["src/vault_index/kernels.c"],
            # Baseline instructions and no fused multiply-add: the same answers on every processor.
            extra_compile_args=["-O3", "-std=c11", "-ffp-contract=off"],
            libraries=["m"],
        )
    ]
)
