"""The golden requests of tests/golden."""

import http.client
import json
import pathlib
import time
from dataclasses import dataclass

GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "golden"
# How long before it is sent a request was at the gateway, in milliseconds.
AGE = 150


@dataclass
class Request:
    id: str
    method: str
    path: str
    # Of the gateway and of its client. `{{now_ms-150}}` is the time of sending, less AGE.
    headers: list[tuple[str, str]]
    # Milliseconds since 1970, and what came back; once it is sent.
    sent: float = 0
    answered: float = 0
    status: int = 0

    @property
    def user_agent(self) -> str:
        return f"golden/1.0 case={self.id}"

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    def send(self, port: int) -> None:
        self.sent = time.time() * 1000
        gateway_time = str(int(self.sent) - AGE)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.putrequest(self.method, self.path, skip_accept_encoding=True)
        for name, value in [*self.headers, ("user-agent", self.user_agent)]:
            connection.putheader(name, value.replace("{{now_ms-150}}", gateway_time).encode())
        connection.endheaders()
        try:
            answer = connection.getresponse()
            answer.read()
            self.status = answer.status
        except (http.client.HTTPException, ConnectionError):
            # Go's server hangs up when a handler panics.
            self.status = 0
        finally:
            connection.close()
        self.answered = time.time() * 1000


def read() -> list[Request]:
    requests = json.loads((GOLDEN / "requests.json").read_text(encoding="utf-8"))["requests"]
    return [
        Request(said["id"], said["method"], said["path"], [(name, value) for name, value in said["headers"]])
        for said in requests
    ]
