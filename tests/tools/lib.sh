# Functions of the scripts beside this file; sourced, never run.
#
# A service keeps everything in one scratch folder ($ROOT):
#   pids/NAME    "PID START" of a process that we started; START is its start time in
#                clock ticks, so that a recycled number is never mistaken for ours
#   logs/NAME    what that process printed
set -euo pipefail

LOOPBACK=127.0.0.1

note() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
fail() { note "$*"; exit 1; }

# open_root DIR: make DIR the scratch folder of this run
open_root() {
  mkdir -p "$1/pids" "$1/logs"
  ROOT=$(cd "$1" && pwd)
}

# start_time PID: field 22 of its stat line, counted after the command name in brackets
start_time() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  line=${line##*) }
  # shellcheck disable=SC2086
  set -- $line
  echo "${20}"
}

# running FILE: does the process named by a pid file still live?
running() {
  local pid began
  [ -s "$1" ] && read -r pid began <"$1" || return 1
  [ "$(start_time "$pid")" = "$began" ]
}

# launch NAME COMMAND...: run it in the background, apart from our terminal
launch() {
  local name=$1 pid
  shift
  running "$ROOT/pids/$name" && return 0
  setsid "$@" >>"$ROOT/logs/$name" 2>&1 </dev/null &
  pid=$!
  echo "$pid $(start_time "$pid")" >"$ROOT/pids/$name"
}

# halt NAME SIGNAL: end what launch started and wait until it is gone
halt() {
  local file=$ROOT/pids/$1 pid
  if running "$file"; then
    read -r pid _ <"$file"
    kill -s "$2" "$pid"
    for _ in $(seq 1 150); do
      running "$file" || break
      sleep 0.1
    done
    ! running "$file" || kill -s KILL "$pid"
  fi
  rm -f "$file"
}

# until_ok SECONDS WHAT COMMAND...: repeat COMMAND until it succeeds
until_ok() {
  local limit=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$limit" ] || fail "$what does not answer; its log is in $ROOT/logs"
    sleep 0.2
  done
}

# a port that nobody listens on now
free_port() {
  local port
  for _ in $(seq 1 50); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/$LOOPBACK/$port") 2>/dev/null || { echo "$port"; return; }
  done
  fail "no free port found"
}
