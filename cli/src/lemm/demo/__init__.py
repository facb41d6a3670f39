"""The demonstration: the main job on sample audio, each expectation checked."""
