"""These tests need torch; where it is absent there is nothing to collect."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") and find_spec("safetensors") else ["test_*.py"]
