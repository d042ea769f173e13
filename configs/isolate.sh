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
# The inner shell stays as PID 1, so that orphans are reaped. SIGKILL goes down the line: this shell ->
# unshare (pdeathsig) -> PID 1 (kill-child) -> everything inside. Ctrl-C reaches everyone in the
# foreground by itself; env undoes that a shell lets its background ignore it. Descriptor 3 is the
# terminal, which a shell takes from its background.
exec 3<&0
trap : INT QUIT
trap 'kill -KILL "$child"' TERM HUP
env --default-signal=INT,QUIT setpriv --pdeathsig KILL \
	unshare --mount --pid --net --fork --kill-child=KILL --mount-proc \
	sh -c "$inside" isolate "$@" <&3 3<&- &
child=$!
while
	status=0
	wait "$child" || status=$?
	kill -0 "$child" 2>/dev/null
do :; done
exit "$status"
