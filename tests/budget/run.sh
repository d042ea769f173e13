#!/bin/bash
# Counts instructions per packet of the policer, the shaper and each stage, and compares them with
# tests/budget/recorded.txt: more than 3 % above fails. No clock is involved, so a busy machine
# changes nothing.
#
#   tests/budget/run.sh [--record] [--counts]
#
# Counts depend on the compiler and on -march: this is Debian's gcc and x86-64-v3, without link-time
# optimisation, which leaves no stage to be counted. With --record the figures of this build become
# the recorded ones; with --counts "passed failed" goes to descriptor 3.
set -eu
cd "$(dirname "$0")/../.."
build=build/budget

tests/portable.sh budget
mkdir -p $build
# Only what runs inside a function budget_*() is counted.
for part in turns drops; do
	valgrind --tool=callgrind --callgrind-out-file=$build/callgrind.$part --collect-atstart=no \
		'--toggle-collect=budget_*' build/portable/bin/budget $part
	callgrind_annotate --inclusive=yes --threshold=100 $build/callgrind.$part >$build/$part.txt
done
exec /usr/bin/python3 tests/budget/compare.py "$@" $build/turns.txt $build/drops.txt \
	tests/budget/recorded.txt
