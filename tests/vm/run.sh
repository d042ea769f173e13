#!/bin/bash
# Runs the SR-IOV scenarios in an emulated machine: builds sluiced for it, packs what it runs, boots
# it (tests/vm/boot.sh) and collects logs and results. Ends by itself within its time limits.
#
#   tests/vm/run.sh [PYTEST-OPTION...]     such as: -k provision
#
# Results are in build/vm/results: sriov.xml and numa.xml (JUnit), console, output and the logs of
# every test in folders. Counts go to descriptor 3 where tests/run.sh has opened it.
set -eu
cd "$(dirname "$0")/../.."
machine=build/vm/machine results=$PWD/build/vm/results
declare -A limit_s=([sriov]=900 [numa]=240)

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }

boot() { # MACHINE TESTS... -- PYTEST-OPTION...
	local name=$1 status=0
	shift
	say "boots $name"
	mkdir -p "$results/$name"
	tests/vm/boot.sh "$name" "$results/$name" "${limit_s[$name]}" python3 -m pytest \
		-p no:cacheprovider "--junit-xml=/results/results.xml" -v --durations=5 "$@" || status=$?
	[ ! -f "$results/$name/output" ] || cat "$results/$name/output"
	[ $status -ne 124 ] || say "$name did not end within ${limit_s[$name]} s; its last words:"
	[ $status -ne 124 ] || tail -n 20 "$results/$name/console"
	[ -s "$results/$name/results.xml" ] || tail -n 20 "$results/$name/console"
	return $status
}

mkdir -p "$machine"
rm -rf "$results"
say "packages"
tests/vm/packages.sh "$machine"
say "build"
tests/portable.sh sluiced sluice
say "packs"
tests/vm/initramfs.sh "$machine" build/portable/bin
failed=0
boot sriov tests/vm/test_provision.py tests/vm/test_checks.py tests/vm/test_nics.py tests/vm/test_vlan.py \
	tests/vm/test_reload.py tests/vm/test_tenants.py "$@" || failed=1
boot numa tests/vm/test_numa.py "$@" || failed=1
say "done"
if { true >&3; } 2>/dev/null; then
	tests/junit_count.py "$results"/*/results.xml >&3
fi
exit $failed
