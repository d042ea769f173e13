#!/bin/sh
# Installs the Debian 12 packages that are missing. Says nothing when all are there.
#
#   configs/deps.sh [build] [run] [test]      default: all three sets; tests/vm/packages.sh: QEMU
set -eu

build='build-essential cmake ninja-build pkg-config libdpdk-dev dpdk-dev libnl-3-dev
       libnl-route-3-dev libconfig-dev libevent-dev libjson-c-dev libcmocka-dev zlib1g-dev'
run='dpdk frr iproute2 iputils-ping iperf3 ethtool procps util-linux python3'
test='git clang clang-format clang-tidy libclang-rt-14-dev shellcheck universal-ctags
      python3-pytest python3-scapy tcpdump traceroute strace valgrind cpio file kmod'

fail() {
	echo "deps.sh: $*" >&2
	exit 1
}

wanted() {
	for set in "$@"; do
		case $set in
		build) echo "$build" ;;
		run) echo "$run" ;;
		test) echo "$test" ;;
		*) return 1 ;;
		esac
	done
}

missing() {
	for package in "$@"; do
		case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# frr must not start as a service because of us: a package's scripts ask policy-rc.d first.
policy=/usr/sbin/policy-rc.d
own_policy=
hold_services() {
	[ -e "$policy" ] && return
	own_policy=1
	trap release_services EXIT
	trap 'exit 130' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

release_services() {
	[ -z "$own_policy" ] || rm -f "$policy"
	own_policy=
}

command -v dpkg-query >/dev/null || fail "this is no Debian system; the packages are in $0"
[ $# -gt 0 ] || set -- build run test
packages=$(wanted "$@") || fail "usage: $0 [build] [run] [test]"
# shellcheck disable=SC2086 # a list of words
todo=$(missing $packages)
[ -n "$todo" ] || exit 0
[ "$(id -u)" -eq 0 ] || fail "not root, and these packages are missing: $todo"

log=$(mktemp)
hold_services
echo "deps.sh: installing $todo"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
if ! { apt-get -qq update && apt-get -qq install --no-install-recommends -y $todo; } >"$log" 2>&1; then
	why=$(grep -m1 '^E:' "$log" || tail -n 1 "$log")
	fail "apt-get cannot install the missing packages ($why); full output in $log"
fi
rm -f "$log"
case " $todo " in
*' frr '*)
	if [ -d /run/systemd/system ]; then
		systemctl -q disable frr || fail "cannot disable the service that came with frr"
	fi
	;;
esac
