"""A receiver that fails: a proxy in front of a real one."""

import socket
import struct
import threading
import time
from contextlib import suppress

PASS, DOWN, SLOW, SILENT, UNAVAILABLE, RESET = "up", "down", "slow", "silent", "answering 503", "resetting"

SLOWNESS = 0.3


class Proxy:
    """Listens on `port` while it isn't down, and hands on to `target` while it is up, or slowly."""

    def __init__(self, target: int):
        self.target = target
        self.mode = PASS
        self.connections: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()

    def become(self, mode: str) -> None:
        """As a restart would, ends what is connected."""
        was_down, self.mode = self.mode == DOWN, mode
        if mode == DOWN and not was_down:
            # Closing alone doesn't wake the thread that accepts.
            with suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        elif was_down and mode != DOWN:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self.accept, args=[self.listener], daemon=True).start()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self.serve, args=[connection, self.mode], daemon=True).start()

    def serve(self, connection: socket.socket, mode: str) -> None:
        self.connections.add(connection)
        try:
            with connection, suppress(OSError):
                self.answer(connection, mode)
        finally:
            self.connections.discard(connection)

    def answer(self, connection: socket.socket, mode: str) -> None:
        if mode in (PASS, SLOW):
            with socket.create_connection(("127.0.0.1", self.target)) as target:
                threading.Thread(target=pump, args=[connection, target, 0], daemon=True).start()
                pump(target, connection, SLOWNESS if mode == SLOW else 0)
        elif mode == RESET:
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif mode == UNAVAILABLE:
            read_request(connection)
            connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        else:
            while connection.recv(65536):
                pass


def pump(source: socket.socket, sink: socket.socket, delay: float) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            time.sleep(delay)
            sink.sendall(chunk)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def read_request(connection: socket.socket) -> None:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    missing = int(length.split(b":")[1]) - len(body)
    while missing > 0 and (chunk := connection.recv(65536)):
        missing -= len(chunk)
