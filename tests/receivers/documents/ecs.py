"""Task definitions, by the model of Amazon ECS's API that AWS's own clients are made of."""

from collections.abc import Iterator

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator

# What Fargate has for each number of CPU units, in MiB.
FARGATE = {
    "256": (512, 1024, 2048),
    "512": range(1024, 4096 + 1, 1024),
    "1024": range(2048, 8192 + 1, 1024),
    "2048": range(4096, 16384 + 1, 1024),
}


def faults(task: dict) -> list[str]:
    model = botocore.session.Session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    report = ParamValidator().validate(task, shape)
    found = report.generate_report().splitlines() if report.has_errors() else []
    # The others expect what these say.
    return found or [*unknown_words(task, shape, "task"), *misfits(task)]


def unknown_words(found: object, shape: Shape, where: str) -> Iterator[str]:
    """Of those settings that have a list of words."""
    if shape.type_name == "structure":
        for key, value in found.items():
            yield from unknown_words(value, shape.members[key], f"{where} {key}")
    elif shape.type_name == "list":
        for value in found:
            yield from unknown_words(value, shape.member, where)
    elif getattr(shape, "enum", None) and found not in shape.enum:
        yield f"{where}: expected one of {shape.enum}, found {found!r}"


def misfits(task: dict) -> Iterator[str]:
    """What the model says nothing of."""
    if int(task["memory"]) not in FARGATE.get(task["cpu"], ()):
        yield f"Fargate has no {task['memory']} MiB for {task['cpu']} CPU units"
    if task["networkMode"] != "awsvpc":
        yield "Fargate's network mode is awsvpc"
    containers = {container["name"]: container for container in task["containerDefinitions"]}
    for name, container in containers.items():
        for dependency in container.get("dependsOn", []):
            if dependency["containerName"] not in containers:
                yield f"{name} depends on {dependency['containerName']!r}, which isn't there"
        if container.get("secrets") and "executionRoleArn" not in task:
            yield f"{name} has secrets, and the task has no role that may read them"
        names = [pair["name"] for pair in container["environment"] + container.get("secrets", [])]
        yield from (f"{name} has {variable} twice" for variable in {n for n in names if names.count(n) > 1})


def environment(task: dict, container: str) -> dict[str, str]:
    containers = {container["name"]: container for container in task["containerDefinitions"]}
    return {pair["name"]: pair["value"] for pair in containers[container]["environment"]}
