#!/bin/sh
# The figures of the main job, measured on the running program at full length, in about three minutes.
# Other work on the machine shows in them: a pause of 10 ms is 0.1 % of 10 s.
#
#   bench/main_job.sh [1|2|3|4|6]      one of them; all by default
#
#   1  accepted rate of the policer, 1/10/100 Mbit/s x 64/363/1518 byte frames, offered twice, 10 s
#   2  what leaves a shaped port: worst excess over burst + rate * t, at the port and at a sink
#   3  tenant B's rate and loss while tenant A offers ten times its rate
#   4  a new route in use, a withdrawn one no longer: time from the kernel's change
#   6  system calls of a worker in two seconds
#
# The ledger (figure 5) is checked at the end of every one of these runs.
set -eu
cd "$(dirname "$0")/.."

case ${1:-all} in
1) tests='test_accepted_rate' ;;
2) tests='test_shaped_output_at_a_sink or test_output_fits_the_profile' ;;
3) tests='test_overload_of_one' ;;
4) tests='within_50_ms or twin_goes_down or carrier_loss' ;;
6) tests='makes_no_system_call' ;;
all) tests='accepted_rate or at_a_sink or fits_the_profile or overload_of_one or within_50_ms or
	twin_goes_down or carrier_loss or no_system_call' ;;
*)
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac

configs/deps.sh
mkdir -p build
if ! { cmake -G Ninja -S . -B build && cmake --build build --target sluiced sluice sluice-perf; } \
	>build/show.log 2>&1; then
	tail -n 20 build/show.log >&2
	exit 1
fi
exec configs/isolate.sh /usr/bin/python3 -m pytest -q --tb=short --long tests/integration \
	-k "$(echo "$tests" | tr '\n\t' '  ')"
