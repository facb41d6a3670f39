"""Builds the C loop of vault_audio; everything else is in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "vault_audio._weighting",
            ["src/vault_audio/weighting.c"],
            # Baseline instructions and no fused multiply-add: the same answers on every processor.
            extra_compile_args=["-O3", "-std=c11", "-ffp-contract=off"],
            libraries=["m"],
        )
    ]
)
