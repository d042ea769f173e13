#!/bin/bash
# Runs the benchmarks and writes tables, JSON and SVG.
#
#   bench/run.sh [--micro] [--whole] [--scaling] [--latency] [--quick] [--rounds N] [--only TEXT]
#                [--out DIR]
#
#   --micro    each stage and the whole turn in process, no driver
#   --whole    whole programs beside dpdk-testpmd io; peers that are not installed say so
#   --scaling  cost against routes, classes, flows, routers, frame size and cores
#   --latency  through one router over memif, at parts of the rate without loss
#   --rounds   of a row, at least 10; 20, and 10 with --scaling or --quick
#   --quick    whole: no table of 1M routes; scaling: first and last row of each group
#   --only     whole and scaling: rows whose name has this text in it
#   --out      folder of the results, default build/bench
#
# Without one of the first four all are run. Root is needed for network namespaces; everything
# runs in namespaces of its own and leaves nothing behind.
set -eu
cd "$(dirname "$0")/.."

parts=() whole=() out=build/bench build=build/release
while [ $# -gt 0 ]; do
	case $1 in
	--micro | --whole | --scaling | --latency) parts+=("${1#--}") ;;
	--quick) whole+=("$1") ;;
	--rounds | --only)
		[ $# -gt 1 ] || { echo "$0: $1 needs a value" >&2; exit 2; }
		whole+=("$1" "$2")
		shift
		;;
	--out)
		[ $# -gt 1 ] || { echo "$0: $1 needs a value" >&2; exit 2; }
		out=$2
		shift
		;;
	*)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
	shift
done
[ ${#parts[@]} -gt 0 ] || parts=(micro whole scaling latency)

mkdir -p "$out"
cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >"$out/build.log"
cmake --build "$build" >>"$out/build.log"

isolated() { # COMMAND...: namespaces are root's business
	if [ "$(id -u)" -ne 0 ]; then
		echo "not runnable: it makes network namespaces, which needs root"
		return
	fi
	configs/isolate.sh "$@"
}

micro() {
	local program options
	for program in "$build"/bin/bench_*; do
		options=(--json "$out/${program##*/}.json")
		case $program in
		*_priority) options=() ;; # latencies, which it only prints
		esac
		"$program" "${options[@]}" ||
			echo "${program##*/}: not runnable: it ended with $?"
		echo
	done
}

programs() { # SCRIPT OPTION...
	isolated /usr/bin/python3 "bench/whole/$1.py" --bin "$build/bin" --out "$out" "${@:2}"
	echo
}

for part in "${parts[@]}"; do
	case $part in
	micro) micro ;;
	whole) programs bench "${whole[@]}" ;;
	scaling) programs bench --scaling "${whole[@]}" ;;
	latency) programs latency ;;
	esac
done
echo "JSON and SVG: $out"
