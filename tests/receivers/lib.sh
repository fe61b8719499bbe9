# What the parts share; `source` it first. Everything it starts ends with the script.
# shellcheck shell=bash

set -euo pipefail

receivers=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$receivers/../.." && pwd)
target=${RECEIVERS_TARGET:-$repository/target/receivers}
venv=${RECEIVERS_VENV:-$target/venv}
work=$(mktemp -d)
# Seconds until what was asked to end is killed.
grace=5

# What the developer has set for programs of their own would change what is sent, and where to.
unset "${!DD_@}" "${!OTEL_@}" "${!AWS_@}" "${!APIGATEWAY_INFERRED_SPAN_@}"

clean_up() {
  local pids
  # Only what this shell started and is still at work; any other list could name a process of somebody else's by now.
  pids=$(jobs -pr)
  if [ -n "$pids" ]; then
    # shellcheck disable=SC2086
    kill $pids 2>/dev/null || true
    for ((tenth = 0; tenth < 10 * grace; tenth++)); do
      [ -n "$(jobs -pr)" ] || break
      sleep 0.1
    done
    pids=$(jobs -pr)
    # shellcheck disable=SC2086
    [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

stage() {
  printf '\n== %s (%s s)\n' "$*" "$SECONDS"
}

# Runs a program to its end. In the background, since a shell that waits for one in the foreground heeds no signal;
# there it would have no standard input of itself.
run() {
  "$@" <&0 &
  wait "$!"
}

# Installs what requirements.txt says, unless that is there already.
install_receivers() {
  local wanted=$receivers/requirements.txt installed=$venv/requirements.txt
  if cmp -s "$wanted" "$installed"; then
    return
  fi
  run "${PYTHON:-python3}" -m venv --clear "$venv"
  run "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
  cp "$wanted" "$installed"
}

# Says whether a claim about a backend holds, for the table that the top `run` prints: backend, claim, exit code. Parts
# with a check.py of their own say it there.
claim() {
  local outcome=holds
  [ "$3" -eq 0 ] || outcome=FAILS
  [ -z "${RECEIVERS_CLAIMS:-}" ] || printf '%s\t%s\t%s\t\n' "$1" "$2" "$outcome" >>"$RECEIVERS_CLAIMS"
}

# Ends a part that can't be built here. 77 is how a test says that it was skipped.
needs_go() {
  # Where Go's own installer puts it; not every shell has that in its PATH.
  PATH=$PATH:/usr/local/go/bin
  if ! command -v go >/dev/null; then
    echo 'skipped: go is not installed'
    exit 77
  fi
}

# Builds the package of a part's Go module into $target/go, under the name of its folder. What go has built before, it
# keeps in a cache of its own.
build_go() {
  local part=$1 package=$2
  mkdir -p "$target/go"
  run go -C "$receivers/$part" build -trimpath -ldflags='-s -w' -o "$target/go/${part//\//-}" "$package"
}

# Builds a program of the package `tests`. Where the tests' own build is, it is there already.
build_program() {
  local build=${CARGO_TARGET_DIR:-$repository/target}
  run cargo build --quiet --locked --manifest-path "$repository/Cargo.toml" --target-dir "$build" \
    --package tests --features otlp --bin "$1"
  program=$build/debug/$1
}

# README's application.
build_application() {
  build_program readme-application
  # For the parts.
  # shellcheck disable=SC2034
  application=$program
}

# The application of the golden runs, which sends its spans by OTLP.
build_golden_application() {
  build_program golden-application
  # For the parts.
  # shellcheck disable=SC2034
  golden_application=$program
}

# Runs a program in Python of a part. `shared` has the modules of all parts, `agent` that for Datadog's Agent.
run_python() {
  local program=$1
  shift
  PYTHONPATH="$receivers/shared:$receivers/agent" \
    run "$venv/bin/python" -B "$receivers/$program" --work "$work" "$@"
}

# Prints so many ports that are free now.
free_ports() {
  "$venv/bin/python" - "$1" <<'PYTHON'
import socket
import sys

sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

# Waits up to 30 s until GET http://127.0.0.1:$1$2 is answered with 200 and process $3 is still there.
wait_until_answering() {
  run "$venv/bin/python" - "$@" <<'PYTHON'
import http.client
import os
import sys
import time

port, path, pid = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
deadline = time.monotonic() + 30
while time.monotonic() < deadline:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        sys.exit(f"what was to answer from port {port} has ended")
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        if connection.getresponse().status == 200:
            sys.exit(0)
    except (OSError, http.client.HTTPException):
        pass
    time.sleep(0.1)
sys.exit(f"no answer from port {port} after 30 s")
PYTHON
}

# Starts Datadog's test agent on free ports: agent_port, otlp_http_port and otlp_grpc_port.
start_agent() {
  local pid
  # Another process may take a port before the agent does.
  for _ in 1 2 3; do
    read -r agent_port otlp_http_port otlp_grpc_port <<<"$(free_ports 3)"
    (
      cd "$work"
      exec "$venv/bin/ddapm-test-agent" --host 127.0.0.1 --port "$agent_port" --otlp-http-port "$otlp_http_port" \
        --otlp-grpc-port "$otlp_grpc_port" --max-requests 2000 --disable-llmobs-data-forwarding
    ) >"$work/agent.log" 2>&1 &
    pid=$!
    if wait_until_answering "$agent_port" /info "$pid" 2>"$work/wait.log"; then
      return
    fi
    ! jobs -pr | grep -qx "$pid" || kill "$pid"
  done
  tail -n 20 "$work/agent.log" "$work/wait.log" >&2
  return 1
}
