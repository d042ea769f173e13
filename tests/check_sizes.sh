#!/bin/sh
# No .c file above 400 lines, no function above 60. Prints what is larger, and fails if anything is.
#
#   tests/check_sizes.sh FILE...
set -eu
file_lines=400
function_lines=60

large_files() {
	for file in "$@"; do
		case $file in *.c) ;; *) continue ;; esac
		lines=$(wc -l <"$file")
		[ "$lines" -le $file_lines ] || echo "$file: $lines lines, at most $file_lines"
	done
}

large_functions() {
	ctags -x --kinds-C=f --fields=+e --_xformat='%F %n %e %N' "$@" |
		awk -v most=$function_lines '
			$3 - $2 + 1 > most {
				printf "%s:%d: %s() has %d lines, at most %d\n", $1, $2, $4, $3 - $2 + 1, most
			}'
}

[ $# -gt 0 ] || { echo "usage: $0 FILE..." >&2; exit 2; }
found=$(large_files "$@" && large_functions "$@")
[ -z "$found" ] && exit 0
printf '%s\n' "$found"
exit 1
