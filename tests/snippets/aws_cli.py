"""Command lines of the AWS CLI, by the model of the service that its library has."""

import functools
import json

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

# Of the command line itself.
GLOBAL = {"--query": 1, "--output": 1, "--region": 1, "--profile": 1, "--no-cli-pager": 0}


@functools.cache
def operations(service):
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def faults_of(words, files):
    """What is wrong with a command line; `files` has the text of files that it reads."""
    service, name, *rest = words[1:]
    if service not in ("apigateway", "apigatewayv2"):
        return [f"no service of an API: {service}"]
    operation = operations(service).get(name)
    if operation is None:
        return [f"aws {service} has no command {name}"]
    members = {"--" + xform_name(member, "-"): member for member in operation.input_shape.members}
    parameters, faults = {}, []
    while rest:
        option = rest.pop(0)
        if option in GLOBAL:
            del rest[: GLOBAL[option]]
        elif option in members:
            shape = operation.input_shape.members[members[option]]
            try:
                parameters[members[option]] = value(shape, rest, files)
            except (ValueError, LookupError) as error:
                faults.append(f"{option}: {error}")
        else:
            faults.append(f"aws {service} {name} has no option {option}")
    report = ParamValidator().validate(parameters, operation.input_shape)
    return faults + ([report.generate_report()] if report.has_errors() else [])


def value(shape, rest, files):
    """The value that an option takes from the words after it."""
    if shape.type_name == "list" and shape.member.type_name == "string":
        words = []
        while rest and not rest[0].startswith("--"):
            words.append(rest.pop(0))
        return words
    word = rest.pop(0)
    if word.startswith("file://"):
        name = word.removeprefix("file://")
        if name not in files:
            raise LookupError(f"the page has no JSON for {name}")
        word = files[name]
    return json.loads(word) if shape.type_name in ("list", "map", "structure") else word
