#!/bin/bash
# Runs experiments of the papers: each repeats its program at least three times, prints its figures
# against what they must be, and writes NAME.csv, NAME.json and NAME.svg.
#
#   bench/experiments/run.sh [--out DIR] [--seconds N] [NAME...]
#
#   overload    0.1 to 10 times the rate of one router; no policer, late, early
#   clustering  time slices in front of a policer, with and without the shaper
#   isolation   a victim beside 1 to 7 overloaded neighbours: shares, time slices; then sluiced
#               beside the kernel's namespaces (isolation-beside)
#   bfd         two routers with bfdd under 0, 1 and 10 times the profile, control traffic protected
#               or not: sessions that go down, failover; --seconds N of each round (10)
#   bound       random admitted configurations: longest time of a burst against its bound
#   chain       1 to 6 routers in a row: profile at every hop, time of a burst against the path's bound
#
# Without a name all are run. DIR is build/experiments unless it is given. The exit status is 0 only
# when every figure is as it must be. Figures are of this machine as it is: run nothing else on it.
set -eu
cd "$(dirname "$0")/../.."

out=build/experiments build=build/release names=() seconds=()
while [ $# -gt 0 ]; do
	case $1 in
	--out)
		[ $# -gt 1 ] || { echo "$0: $1 needs a value" >&2; exit 2; }
		out=$2
		shift
		;;
	--seconds)
		[ $# -gt 1 ] || { echo "$0: $1 needs a value" >&2; exit 2; }
		seconds=(--seconds "$2")
		shift
		;;
	overload | clustering | isolation | bfd | bound | chain) names+=("$1") ;;
	*)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
	shift
done
[ ${#names[@]} -gt 0 ] || names=(overload clustering isolation bfd bound chain)

mkdir -p "$out"
cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >"$out/build.log"
cmake --build "$build" --target experiment_overload experiment_clustering experiment_isolation \
	host_gaps sluiced sluice sluice-perf bench_dataplane_bound >>"$out/build.log"

status=0
for name in "${names[@]}"; do
	echo "$name"
	case $name in
	bound | chain)
		nice -n -20 configs/isolate.sh bench/experiments/in_namespaces.sh "$name" \
			--bin "$build/bin" --out "$out" || status=1
		;;
	bfd)
		nice -n -20 configs/isolate.sh /usr/bin/python3 bench/experiments/bfd.py \
			--bin "$build/bin" --out "$out" "${seconds[@]}" || status=1
		;;
	*) nice -n -20 /usr/bin/python3 "bench/experiments/$name.py" "$build/bin" "$out" || status=1 ;;
	esac
	[ "$name" != isolation ] ||
		nice -n -20 configs/isolate.sh /usr/bin/python3 bench/experiments/isolation_beside.py \
			--bin "$build/bin" --out "$out" || status=1
done
exit $status
