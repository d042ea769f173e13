#!/bin/sh
# Includes point downwards only: control -> dataplane (dp*.h) -> shaper -> policer -> libc.
# Prints every include that does not, and fails if there is one.
#
#   tests/check_layers.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/..}"

libraries='<(rte_|netlink/|libconfig|event2/|event\.h|json-c/|linux/if_tun)'
bad=0

# check FOLDER PATTERN: no file below FOLDER has an include that matches PATTERN (an ERE over
# what follows #include).
check() {
	[ -d "$1" ] || return 0
	found=$(find "$1" -name '*.[ch]' -exec grep -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]+$2" {} +) || true
	[ -z "$found" ] && return 0
	printf '%s\n' "$found" | sed "s#\$#   (not in $1/)#"
	bad=1
}

# allow FOLDER PREFIXES: quoted includes name a path below one of PREFIXES.
allow() {
	[ -d "$1" ] || return 0
	found=$(find "$1" -name '*.[ch]' -exec grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' {} + |
		grep -vE "include[[:space:]]+\"($2)") || true
	[ -z "$found" ] && return 0
	printf '%s\n' "$found" | sed "s#\$#   ($1/ may include: $2)#"
	bad=1
}

allow policer 'policer/'
check policer "$libraries"
allow shaper 'shaper/|policer/'
check shaper "$libraries"
allow dataplane 'dataplane/|shaper/|policer/'
check dataplane '<(netlink/|libconfig|event2/|event\.h|json-c/)'
allow control 'control/|dataplane/dp[a-z0-9_]*\.h|shaper/|policer/'
check control '<rte_'
allow control/cli 'control/api\.h|control/cli/'
check control/cli '<(rte_|netlink/|libconfig|event2/|event\.h)'
exit $bad
