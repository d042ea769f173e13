#!/bin/sh
# Two tenants' virtual routers on real traffic, with routes that OSPF brings.
#
#   configs/demo.sh [--seconds N] [--keep]
#   configs/demo.sh --enter [COMMAND...]
#
#   --seconds N  how long traffic flows (default 15, at least 5)
#   --keep       leave everything up afterwards and open a shell in it; its end ends the demo
#   --enter      a shell, or one command, in a demo that is up (from another terminal)
#
# Exits non-zero when a tenant did not get what it was sold. All of it happens in namespaces of its
# own (configs/isolate.sh): nothing is left behind, however it ends.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

fail() {
	echo "demo.sh: $*" >&2
	exit 1
}

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# PID 1 of the demo that is up, as seen from here; nothing when none is up.
demo_pid() {
	for pid in $(pgrep -f "$root/configs/demo/world.sh"); do
		if grep -qs '^NSpid:.*[[:space:]]1$' "/proc/$pid/status"; then echo "$pid"; fi
	done
}

enter() {
	inner=$(demo_pid)
	[ -n "$inner" ] || fail "no demo is up; start one with $0 --keep"
	[ $# -gt 0 ] || set -- "${SHELL:-/bin/sh}"
	PATH=$root/build/bin:$PATH exec nsenter -t "$inner" -m -p -n "$@"
}

build() {
	log=$root/build/demo-build.log
	mkdir -p "$root/build"
	if ! { cmake -G Ninja -S "$root" -B "$root/build" && cmake --build "$root/build" --target sluiced sluice; } >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		fail "the build failed; full output in $log"
	fi
}

seconds=15 keep=
while [ $# -gt 0 ]; do
	case $1 in
	--enter)
		shift
		enter "$@"
		;;
	--keep) keep=1 ;;
	--seconds)
		[ $# -gt 1 ] || usage
		seconds=$2
		shift
		;;
	*) usage ;;
	esac
	shift
done
case $seconds in *[!0-9]* | '') usage ;; esac
[ "$seconds" -ge 5 ] || usage
[ "$(id -u)" -eq 0 ] || fail "needs root, for namespaces and TAPs"
[ -c /dev/net/tun ] || fail "there is no /dev/net/tun: load the kernel module tun"
[ "$(nproc)" -ge 2 ] || fail "needs two CPUs: one for everybody else, one for the routers' worker"
[ -z "$(demo_pid)" ] || fail "a demo is already up; enter it with $0 --enter"

"$root/configs/deps.sh" build run
[ -x /usr/lib/frr/ospfd ] || fail "FRR is not installed: /usr/lib/frr/ospfd is missing"
echo "building ..."
build
export ROOT="$root" SECONDS_OF_TRAFFIC="$seconds" KEEP="$keep"
exec "$root/configs/isolate.sh" "$root/configs/demo/world.sh"
