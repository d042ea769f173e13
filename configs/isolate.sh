#!/bin/sh
# Runs a command in PID, mount and network namespaces of its own, with a private /run.
#
#   configs/isolate.sh COMMAND [ARGUMENT...]
#
# Everything that the command makes (network namespaces, veth pairs, TAPs, sockets, daemons) lives
# in there and goes with it: when the command, this process or the caller ends, by whatever signal,
# the kernel kills every process inside and then frees the rest. Nothing has to be tidied up.
set -eu
[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "$0: needs root, to make namespaces" >&2; exit 1; }

# shellcheck disable=SC2016 # expanded by the inner shell
inside='
	mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /run || exit 1
	mkdir -m 755 /run/netns /run/lock || exit 1
	ip link set lo up || exit 1
	export SLUICE_ISOLATED=1
	"$@"
	exit $?'
# The inner shell stays as PID 1, so that orphans are reaped. SIGKILL goes down the line: caller ->
# unshare (pdeathsig) -> PID 1 (kill-child) -> everything inside.
exec setpriv --pdeathsig KILL unshare --mount --pid --net --fork --kill-child=KILL --mount-proc \
	sh -c "$inside" isolate "$@"
