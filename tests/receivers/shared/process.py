"""Programs, ports, and waiting: all for a bounded time."""

import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_until(holds: Callable[[], object], seconds: float) -> bool:
    """Whether it held within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return bool(holds())


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Program:
    """A program that serves on `port` until the end of the block."""

    def __init__(self, command: list[str], environment: dict[str, str], port: int, log: pathlib.Path):
        self.command, self.environment, self.port, self.log = command, environment, port, log

    def __enter__(self) -> "Program":
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if not wait_until(lambda: self.process.poll() is not None or answers(self.port), 30):
            self.__exit__()
            raise TimeoutError(f"{self.command[0]} doesn't answer: {self.log.read_text()[-2000:]}")
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command[0]} has ended: {self.log.read_text()[-2000:]}")
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def interrupt(self, seconds: float) -> tuple[int | None, float]:
        """Asks it to end. Its exit code, if it has ended within that time, and how many seconds that took."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        return code, time.monotonic() - start

    def memory(self) -> int:
        """What it has in memory, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024
