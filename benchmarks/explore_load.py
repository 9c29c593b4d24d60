"""Slow clients and many requests at once, against a page of twinseed explore on this machine.

Usage: python benchmarks/explore_load.py [--slow 600] [--requests 1000]

A page is started on a free loopback port, and stopped at the end. First ``--slow`` connections send
the beginning of a request and then one byte per second; meanwhile another client asks, and each of
its questions must be answered. Then ``--requests`` requests are sent at once; each must be answered
with status 200 or, where the server is busy, 503. At the end the page must still answer. The script
stops by itself after three minutes at the most, and exits with 1 if a check fails.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

HOST = "127.0.0.1"
SLOW_SECONDS = 15.0
MOST_SECONDS = 180
ANSWER_SECONDS = 60.0


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server((HOST, 0)) as found:
        return int(found.getsockname()[1])


async def asked(port: int, path: str) -> int:
    """Ask once; return the status, or 0 where the connection ends without an answer."""
    writer = None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(HOST, port)
            head = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode())
            await writer.drain()
            answer = await reader.read()
        return int(answer.split(b" ", 2)[1]) if answer else 0
    except (OSError, TimeoutError, IndexError, ValueError):
        return 0
    finally:
        if writer is not None:
            writer.close()


async def slow(port: int, end: float) -> bool:
    """Send one byte per second; return whether the server closed the connection."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return True
    try:
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        while time.monotonic() < end:
            writer.write(b"a")
            await writer.drain()
            try:
                async with asyncio.timeout(1.0):
                    if not await reader.read(1):
                        return True
            except TimeoutError:
                continue
    except OSError:
        return True
    finally:
        writer.close()
    return False


async def started(port: int) -> float:
    """Wait until the page answers; return the seconds."""
    begin = time.monotonic()
    while time.monotonic() - begin < ANSWER_SECONDS:
        if await asked(port, "/api/nothing") == 404:
            return time.monotonic() - begin
        await asyncio.sleep(0.02)
    raise SystemExit("the page did not start")


def memory(process: int) -> float:
    """Return the resident memory of a process in MiB; NaN where it cannot be read."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((int(one.split()[1]) / 1024 for one in lines if one.startswith("VmRSS")), 0.0)


async def loaded(port: int, process: int, connections: int, requests: int) -> list[str]:
    """Run both loads; return what failed."""
    failed = []
    print(f"up after {await started(port):.2f} s")
    path = "/api/point?strengths=1&d=100&n="
    status = await asked(port, f"{path}100")
    if status != 200:
        failed.append(f"the first question has status {status}")

    end = time.monotonic() + SLOW_SECONDS
    attack = [asyncio.ensure_future(slow(port, end)) for _ in range(connections)]
    await asyncio.sleep(1.0)
    statuses, times = [], []
    while time.monotonic() < end - 1.0:
        begin = time.monotonic()
        statuses.append(await asked(port, f"{path}{101 + len(statuses)}"))
        times.append(time.monotonic() - begin)
        await asyncio.sleep(0.3)
    closed = sum(await asyncio.gather(*attack))
    print(
        f"{connections} slow clients: {closed} were closed within {SLOW_SECONDS:.0f} s; "
        f"{len(statuses)} questions meanwhile, {dict(Counter(statuses))}, "
        f"median {1e3 * statistics.median(times):.0f} ms, most {1e3 * max(times):.0f} ms"
    )
    if set(statuses) != {200}:
        failed.append("a question was not answered while slow clients were connected")
    if closed < connections:
        failed.append("slow clients were not closed")

    begin = time.monotonic()
    found = Counter(
        await asyncio.gather(*(asked(port, f"{path}{1000 + k % 200}") for k in range(requests)))
    )
    print(f"{requests} requests at once: {dict(found)} in {time.monotonic() - begin:.1f} s")
    if set(found) - {200, 503}:
        failed.append("a request had no answer")
    if not found[200]:
        failed.append("no request was answered with numbers")
    after = await asked(port, f"{path}2000")
    print(f"afterwards: status {after}, memory {memory(process):.0f} MiB")
    if after != 200:
        failed.append("the page does not answer after the load")
    return failed


def main(words: Sequence[str] | None = None) -> int:
    """Start a page, load it, stop it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slow", type=int, default=600, help="slow connections")
    parser.add_argument("--requests", type=int, default=1000, help="requests at once")
    given = parser.parse_args(words)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), most))
    signal.alarm(MOST_SECONDS)
    port = free_port()
    command = [sys.executable, "-m", "twinseed", "explore", "--no-browser", "--port", str(port)]
    page = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        failed = asyncio.run(loaded(port, page.pid, given.slow, given.requests))
    finally:
        page.terminate()
        try:
            page.wait(20.0)
        except subprocess.TimeoutExpired:
            page.kill()
    for one in failed:
        print(f"FAILED: {one}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
