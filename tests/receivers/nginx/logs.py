"""Joins the gateway's log and the application's, and says where they differ."""

import json
import pathlib
from collections import Counter
from dataclasses import dataclass


def read(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@dataclass(frozen=True)
class Pair:
    """A request that reached the application, as both sides have it."""

    gateway: dict
    application: dict

    @property
    def kind(self) -> str:
        return f"{self.gateway['method']} {self.gateway['uri']}"

    def statuses(self) -> tuple:
        return self.gateway["status"], self.application["status"], self.application["integrationError"]

    def is_same(self) -> bool:
        """Whether both sides say the same of status and timeout."""
        status, ours, error = self.statuses()
        upstream, integration = self.gateway["upstream"], self.application["integrationStatus"]
        is_timeout = status == 504
        is_same_answer = integration == ("-" if is_timeout else upstream)
        return status == ours and is_same_answer and (error == "timeout") == is_timeout and error in ("-", "timeout")

    def is_same_start(self) -> bool:
        return self.gateway["start"] == str(self.application["requestTimeEpoch"])

    def latencies(self) -> tuple[float, float]:
        """Milliseconds at the gateway and here."""
        return self.gateway["seconds"] * 1_000, self.application["responseLatency"]

    def integration_latencies(self) -> tuple[float, float]:
        return float(self.gateway["upstream_seconds"]) * 1_000, float(self.application["integrationLatency"])


class Joined:
    def __init__(self, gateway: list[dict], application: list[dict]):
        ours = {line["extendedRequestId"]: line for line in application}
        theirs = {line["id"]: line for line in gateway}
        self.lines = len(gateway), len(application)
        # One line a request on either side.
        self.is_one_each = (len(theirs), len(ours)) == self.lines
        self.pairs = [Pair(line, ours[id]) for id, line in theirs.items() if id in ours]
        self.gateway_alone = [line for id, line in theirs.items() if id not in ours]
        self.application_alone = [line for id, line in ours.items() if id not in theirs]

    def differences(self) -> Counter:
        """What both sides say, by kind of request, where it isn't the same."""
        return Counter((pair.kind, *pair.statuses()) for pair in self.pairs if not pair.is_same())

    def has_faults(self) -> bool:
        """Whether anything is wrong that no listed difference could explain."""
        is_answered_alone = all(line["upstream"] == "" for line in self.gateway_alone)
        starts = all(pair.is_same_start() for pair in self.pairs)
        return not (self.is_one_each and is_answered_alone and not self.application_alone and starts)
