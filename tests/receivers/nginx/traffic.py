"""Sends mixed requests through the gateway: as clients do, good and bad ones, on a connection each."""

import concurrent.futures
import random
import socket
from dataclasses import dataclass

CONCURRENCY = 40
# Nothing takes longer than the gateway's timeout and a stream.
PATIENCE = 10


@dataclass(frozen=True)
class Kind:
    method: str
    path: str
    """Of a hundred requests, so many are of this kind."""
    share: int
    """After how many seconds the client goes away, if it does so before the answer."""
    leaves_after: float | None = None
    """Whether it goes away at the first bytes of the answer."""
    leaves_amid_body: bool = False
    """Whether it announces more than it sends."""
    is_cut_off: bool = False


KINDS = (
    Kind("GET", "/status/200", 50),
    Kind("HEAD", "/status/200", 4),
    Kind("POST", "/status/201", 3),
    Kind("GET", "/status/204", 3),
    Kind("GET", "/status/304", 2),
    Kind("GET", "/status/404", 5),
    Kind("GET", "/status/429", 2),
    Kind("GET", "/status/500", 4),
    Kind("GET", "/status/503", 2),
    Kind("POST", "/upload", 5),
    Kind("GET", "/stream", 4),
    Kind("GET", "/slow", 2),
    Kind("GET", "/broken", 2),
    Kind("GET", "/late", 2),
    Kind("GET", "/stall", 1),
    Kind("GET", "/wait", 2, leaves_after=0.05),
    Kind("GET", "/drip", 2, leaves_amid_body=True),
    Kind("GET", "/forbidden", 3),
    Kind("POST", "/upload", 2, is_cut_off=True),
)


def send_all(port: int, count: int, seed: int) -> None:
    chosen = random.Random(seed)
    kinds = chosen.choices(KINDS, [kind.share for kind in KINDS], k=count)
    sizes = [chosen.randrange(200_000) for _ in kinds]
    with concurrent.futures.ThreadPoolExecutor(CONCURRENCY) as pool:
        # `list` raises what a thread has raised.
        list(pool.map(lambda pair: send(port, *pair), zip(kinds, sizes)))


def send(port: int, kind: Kind, size: int) -> None:
    body = b"x" * size if kind.path == "/upload" else b""
    announced = len(body) + 1_000 * kind.is_cut_off
    head = f"{kind.method} {kind.path} HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n"
    if kind.method == "POST":
        head += f"Content-Length: {announced}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode() + b"\r\n" + body)
        if kind.is_cut_off:
            return
        if kind.leaves_after is not None:
            connection.settimeout(kind.leaves_after)
        try:
            while connection.recv(65_536):
                if kind.leaves_amid_body:
                    return
        except TimeoutError:
            if kind.leaves_after is None:
                raise
