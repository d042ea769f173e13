#!/bin/sh
# The long-run rate of a shaped port on the running program, against CLOCK_MONOTONIC_RAW.
#
#   bench/long_run/run.sh [--seconds N] [--burst TIME] [RATE]...
#
#   --seconds N   length of one measurement (default 60)
#   --burst TIME  burst of the profile, as a time at its rate (default 500ms): longer than this must
#                 the host not take the worker's core away, or tokens are lost
#   RATE          bit/s as in a configuration (default 100M 1G 10G)
#
# Source: DPDK's net_pcap with infinite_rx, more than any of the rates; sink: net_null.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/configs/deps.sh" build run
cmake -G Ninja -S "$root" -B "$root/build" >/dev/null
cmake --build "$root/build" --target sluiced >/dev/null
exec "$root/configs/isolate.sh" /usr/bin/python3 "$root/bench/long_run/long_run.py" \
	--bin "$root/build/bin" "$@"
