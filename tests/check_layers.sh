#!/bin/sh
# Includes point downwards only: control -> dataplane (dp*.h) -> shaper -> policer -> libc.
# Prints every include that does not, and fails if there is one.
#
#   tests/check_layers.sh [ROOT]
set -eu
cd "${1:-$(dirname "$0")/..}"

libraries='<(rte_|netlink/|libconfig|event2/|event\.h|json-c/|linux/if_tun)'
bad=0

# matches OPTION PATTERN FILE...: as grep, where finding nothing is no error but all else is.
matches() {
	status=0
	grep "$@" || status=$?
	[ $status -le 1 ] || exit 2
}

# includes FOLDER PATTERN: the includes below FOLDER whose rest of the line matches PATTERN (an ERE).
includes() {
	[ -d "$1" ] || {
		echo "check_layers: there is no folder $1 in $PWD" >&2
		exit 2
	}
	# shellcheck disable=SC2046 # names of sources have no blanks
	matches -nHE "^[[:space:]]*#[[:space:]]*include[[:space:]]+$2" /dev/null \
		$(find "$1" -name '*.[ch]')
}

# complain LINES REMARK
complain() {
	[ -n "$1" ] || return 0
	printf '%s\n' "$1" | sed "s#\$#   ($2)#"
	bad=1
}

# check FOLDER PATTERN: no file below FOLDER has an include that matches PATTERN.
check() {
	found=$(includes "$1" "$2")
	complain "$found" "not in $1/"
}

# allow FOLDER PREFIXES: quoted includes name a path below one of PREFIXES.
allow() {
	found=$(includes "$1" '"')
	found=$(printf '%s\n' "$found" | matches -vE "^\$|include[[:space:]]+\"($2)")
	complain "$found" "$1/ may include: $2"
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
