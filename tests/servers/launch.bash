# What the scripts that start a web server share. They source it with `mode`,
# `dir` and `launcher` set.

[ "$(id -u)" != 0 ] || { echo "$(basename "$0"): run this as an unprivileged user" >&2; exit 1; }
mkdir -p "$dir/logs"

# By pid alone: another server on this machine is not ours to stop.
pids=()
stop() {
  local status=$?
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  exit "$status"
}
trap stop EXIT
trap 'exit 0' INT TERM

# start_clean COMMAND...: nothing of the caller's environment reaches the
# programs: it could configure them.
start_clean() {
  env -i PATH="$PATH" "$@" &
  pids+=($!)
}

# start_programs SITE: get-token and download as FastCGI programs on sockets in
# SITE/run.
start_programs() {
  local site=$1 program
  mkdir -p "$site/run"
  for program in get-token download; do
    local command=("$launcher" "$site/run/$program.sock")
    [ -n "$launcher" ] || command=(spawn-fcgi -n -s "$site/run/$program.sock" -M 0660 --)
    start_clean "${command[@]}" "$dir/lib/$program.fcgi" --config "$site/claimcheck.toml" \
      2>>"$dir/logs/fastcgi" >>"$site/run/$program.pids"
    echo "${pids[-1]}" >"$site/run/$program.launcher"
  done
  for program in get-token download; do
    until [ -S "$site/run/$program.sock" ]; do sleep 0.05; done
  done
}

# find_server PROGRAM PACKAGE: where it is.
find_server() {
  PATH=$PATH:/usr/sbin command -v "$1" ||
    { echo "$(basename "$0"): $1 is not installed (Debian: $2)" >&2; exit 1; }
}
