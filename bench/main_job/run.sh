#!/bin/sh
# The figures of the main job, measured on the running program: what a policer passes, what leaves a
# shaped port, what one tenant's overload costs another.
#
#   bench/main_job/run.sh [--seconds N] [policer|shaper|isolation]...
#
#   --seconds N  length of one measurement (default 10)
#
# Traffic runs over shared memory (memif) between sluiced and sluice-perf, in namespaces of its own.
# Every figure shows what the host took away beside it: the gaps between the polls of both.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/configs/deps.sh" build run
cmake -G Ninja -S "$root" -B "$root/build" >/dev/null
cmake --build "$root/build" --target sluiced sluice sluice-perf >/dev/null
exec "$root/configs/isolate.sh" /usr/bin/python3 "$root/bench/main_job/figures.py" \
	--bin "$root/build/bin" "$@"
