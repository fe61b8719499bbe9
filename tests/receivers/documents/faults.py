"""Deliberate faults in the files: which file, where in it, and what stands there then."""

from judge import Files

BALANCING, TASK = "collector-load-balancing.yaml", "datadog-agent-ecs.json"

COLLECTOR = {
    "a key that load_balancing doesn't have": (BALANCING, "exporters load_balancing key", "traceID"),
    "a number for a port's text": (BALANCING, "exporters load_balancing resolver dns port", 4317),
    "a key that TLS doesn't have": (BALANCING, "exporters load_balancing protocol otlp tls unsafe", True),
    "TLS one level too high": (BALANCING, "exporters load_balancing protocol tls", {}),
    "an attribute in place of a list": ("collector-xray.yaml", "exporters awsxray indexed_attributes", "stage"),
    "ttl outside of the store": ("collector-service-graph.yaml", "connectors service_graph ttl", "15s"),
}

TEMPO = {
    "a processor with a hyphen": ("tempo.yaml", "metrics_generator processor service-graphs", {}),
    "an endpoint without its protocol": ("tempo.yaml", "distributor receivers otlp endpoint", "0.0.0.0:4317"),
}

APPLICATION, AGENT = "containerDefinitions 0", "containerDefinitions 1"
ECS = {
    "a number for the CPU units' text": (TASK, "cpu", 512),
    "a memory that Fargate doesn't have": (TASK, "memory", "512"),
    "a condition that ECS doesn't have": (TASK, f"{APPLICATION} dependsOn 0 condition", "RUNNING"),
    "a container that isn't there": (TASK, f"{APPLICATION} dependsOn 0 containerName", "agent"),
    "a variable that the Agent doesn't read": (TASK, f"{AGENT} environment 2 name", "DD_OTLP_CONFIG_HTTP_ENDPOINT"),
    "another port than the receiver's": (TASK, f"{APPLICATION} environment 5 value", "http://localhost:4317"),
    "an application without a name": (TASK, f"{APPLICATION} environment 2 name", "DD_SERVICES"),
    "a layer that is off": (TASK, f"{APPLICATION} environment 1 value", "false"),
}


def changed(files: Files, faults: dict[str, tuple]) -> dict[str, Files]:
    return {name: files.with_fault(*fault) for name, fault in faults.items()}
