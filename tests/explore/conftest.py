"""One server for all tests that ask a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.explore.served import Served, served


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """A server of the page, which runs until the last test has ended."""
    with served() as found:
        yield found
