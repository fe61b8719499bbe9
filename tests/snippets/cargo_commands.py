"""Command lines of cargo: the packages, examples, tests, features and fuzz targets that they name exist."""

import functools
import json
import re
import subprocess

from blocks import ROOT

ROOT_PACKAGE = "apigateway-inferred-span"
# With a value, and without.
OPTIONS = {"--example", "--test", "--bin", "--features", "--package", "-p", "--path", "-s"}
SWITCHES = {"--workspace", "--all-features", "--release", "--locked", "--quiet"}


@functools.cache
def packages():
    arguments = ["cargo", "metadata", "--no-deps", "--format-version", "1", "--offline"]
    listed = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {package["name"]: package for package in json.loads(listed)["packages"]}


def faults_of(words):
    words = [word for word in words[1:] if not word.startswith("+")]
    command, *rest = words[: words.index("--")] if "--" in words else words
    options, arguments, faults = {}, [], []
    while rest:
        word = rest.pop(0)
        if word in OPTIONS and rest:
            options[word.replace("-p", "--package") if word == "-p" else word] = rest.pop(0)
        elif word.startswith("-") and word not in SWITCHES:
            faults.append(f"nothing proves the option {word}")
        elif not word.startswith("-"):
            arguments.append(word)
    if command == "fuzz":
        return faults + fuzz(arguments)
    if command == "install":
        return faults + install(options, arguments)
    if command not in ("run", "test"):
        return [f"nothing proves cargo {command}"]
    return faults + package_faults(options)


def package_faults(options):
    package = packages().get(options.get("--package", ROOT_PACKAGE))
    if package is None:
        return [f"no package {options['--package']}"]
    faults = []
    features = options["--features"].split(",") if "--features" in options else []
    faults += [f"{package['name']} has no feature {feature}" for feature in features if feature not in package["features"]]
    for kind in ("example", "test", "bin"):
        name = options.get(f"--{kind}")
        if name is None:
            continue
        found = [target for target in package["targets"] if target["name"] == name and kind in target["kind"]]
        if not found:
            faults.append(f"{package['name']} has no {kind} {name}")
        elif "--features" in options or kind == "example":
            lacking = set(found[0].get("required-features", [])) - set(features)
            faults += [f"the {kind} {name} needs the feature {feature}" for feature in sorted(lacking)]
    return faults


def install(options, arguments):
    names = [name for name, package in packages().items() if package["publish"] != []]
    if "--path" in options:
        return [] if (ROOT / options["--path"] / "Cargo.toml").is_file() else [f"no package at {options['--path']}"]
    return [f"no package {name} is published from here" for name in arguments if name not in names]


def fuzz(arguments):
    # `<target>` stands for any.
    action, *targets = [word for word in arguments if not re.search("[<>]", word)]
    if action != "run":
        return [f"nothing proves cargo fuzz {action}"]
    return [f"no fuzz target {name}" for name in targets[:1] if not (ROOT / f"fuzz/fuzz_targets/{name}.rs").is_file()]
