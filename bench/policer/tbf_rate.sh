#!/bin/sh
# Rate error of the kernel's tbf by decade, where a veth pair can carry the load: the peer of
# bench_policer_bucket's table. About two minutes.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/configs/deps.sh" build run
cmake -G Ninja -S "$root" -B "$root/build" >/dev/null
cmake --build "$root/build" --target sluice-perf >/dev/null
exec "$root/configs/isolate.sh" /usr/bin/python3 "$root/bench/policer/tbf_rate.py"
