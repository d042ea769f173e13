#!/bin/bash
# Builds with warnings as errors and runs every check and test. The last line is
# "N passed, N failed"; the exit status is 0 only when nothing failed.
#
#   tests/run.sh [--quick] [--no-sanitize] [--no-integration] [--no-lint] [--no-vm] [--long]
#
#   --quick  unit tests and checks of one build: no sanitizers, clang-tidy, integration tests or VM
#   --no-vm  without the SR-IOV scenarios in an emulated machine (tests/vm/run.sh)
#   --long   also the measurements that take long
#
# A part that fails does not keep the others from running. Outputs are in build/test-logs.
set -u
cd "$(dirname "$0")/.." || exit 2

sanitize=1 integration=1 lint=1 vm=1 long=
for option in "$@"; do
	case $option in
	--quick) sanitize=0 integration=0 lint=0 vm=0 ;;
	--no-sanitize) sanitize=0 ;;
	--no-integration) integration=0 ;;
	--no-lint) lint=0 ;;
	--no-vm) vm=0 ;;
	--long) long=--long ;;
	*)
		sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
done

logs=$PWD/build/test-logs
mkdir -p "$logs"
rm -f "$logs"/*
jobs=$(nproc)
passed=0 failed=0
declare -A children=() begins=()
trap 'stop_children; exit 130' INT TERM HUP

# Each part that runs is a process group of its own: it ends with us.
stop_children() {
	local child
	for child in "${children[@]}"; do
		kill -KILL -- "-$child" 2>/dev/null
	done
}

# begin NAME COMMAND...: COMMAND writes "passed failed" to descriptor 3, or its exit status is the
# result.
begin() {
	local name=$1
	shift
	begins[$name]=$SECONDS
	set -m
	"$@" >"$logs/$name.log" 2>&1 3>"$logs/$name.counts" </dev/null &
	children[$name]=$!
	set +m
}

# end NAME: one line of result.
end() {
	local name=$1 log=$logs/$1.log counts=$logs/$1.counts status p f
	wait "${children[$name]}"
	status=$?
	unset "children[$name]"
	if ! read -r p f <"$counts"; then
		p=$((status == 0)) f=$((status != 0))
	elif [ $status -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
	fi
	passed=$((passed + p)) failed=$((failed + f))
	printf '%-4s %-22s %4d passed %4d failed %4d s\n' "$([ "$f" -eq 0 ] && echo ok || echo FAIL)" \
		"$name" "$p" "$f" $((SECONDS - begins[$name]))
	if [ "$f" -ne 0 ]; then
		tail -n 25 "$log" | sed 's/^/     | /'
		echo "     | full output: ${log#"$PWD"/}"
	fi
	[ "$f" -eq 0 ]
}

part() { # NAME COMMAND...
	begin "$@"
	end "$1"
}

sources() {
	if git -c safe.directory='*' rev-parse >/dev/null 2>&1; then
		git -c safe.directory='*' ls-files -co --exclude-standard -- "$@"
	else
		find . -path './build*' -prune -o -name "${1#\*}" -print
	fi
}

budget() { tests/budget/run.sh --counts; }

build() { # DIRECTORY OPTION...
	local directory=$1
	shift
	cmake -G Ninja -S . -B "$directory" -DSLUICE_WERROR=ON "$@" &&
		cmake --build "$directory" -j "$jobs"
}

unit() { # DIRECTORY
	local status
	ctest --test-dir "$1" -j "$jobs" --timeout 300 --no-tests=error --output-on-failure \
		--output-junit "$logs/unit-${1##*/}.xml"
	status=$?
	tests/junit_count.py "$logs/unit-${1##*/}.xml" >&3
	return $status
}

format() { sources '*.c' '*.h' | xargs clang-format --dry-run -Werror; }
layers() { tests/check_layers.sh; }
sizes() { sources '*.c' '*.h' | xargs tests/check_sizes.sh; }
scripts() { { sources '*.sh' && echo .ci/run tests/vm/init; } | xargs shellcheck; }
checks() { pytest_counted checks tests/checks -q -p no:cacheprovider; }

pytest_counted() { # NAME DIRECTORY OPTION...: the results are in NAME.xml
	local xml=$logs/$1.xml directory=$2 status
	shift 2
	${wrapper:-} /usr/bin/python3 -m pytest "$directory" --junit-xml="$xml" "$@"
	status=$?
	tests/junit_count.py "$xml" >&3
	return $status
}

# What the compilation database knows: every .c of the build. One file per process: the analyzer of
# version 14 finds an uninitialised va_list in every file but the first. It takes only the time that
# everything else leaves, and so can run beside tests.
tidy_each() { # OPTION...
	chrt --idle 0 xargs -P "$jobs" -n 1 clang-tidy -p build --quiet \
		--extra-arg=-Wno-unknown-warning-option \
		--extra-arg=-Wno-ignored-optimization-argument "$@" \
		2> >(grep -v 'warnings* generated\.$' >&2)
}

# The ways through a function that the analyzer follows are limited more in tests and benches: their
# assertions double them, and took most of the time.
tidy() {
	local analyzer=(-Xclang -analyzer-config -Xclang max-nodes=75000) status=0
	sources '*.c' | grep -Ev '^(\./)?(tests|bench)/' | tidy_each || status=1
	sources '*.c' | grep -E '^(\./)?(tests|bench)/' | grep -v /fuzz/ |
		tidy_each "${analyzer[@]/#/--extra-arg=}" || status=1
	return $status
}

# Namespaces of its own: nothing that a test leaves behind outlives it.
integration() {
	# shellcheck disable=SC2086 # $long is one word or none
	wrapper=configs/isolate.sh pytest_counted integration tests/integration -v --bin=build/bin $long
}

# What reads the words of strangers, and what comes and goes.
integration_sanitize() {
	wrapper=configs/isolate.sh pytest_counted integration-sanitize tests/integration -v \
		--bin=build/sanitize/bin -k 'api or config_errors or start or malformed or lifecycle'
}

part packages configs/deps.sh
if part build build build -DCMAKE_BUILD_TYPE=Release; then
	part unit unit build
fi
part instructions budget
part format format
part layers layers
part sizes sizes
part shellcheck scripts
part check-scripts checks
if [ $sanitize -eq 1 ] &&
	part build-sanitize build build/sanitize -DCMAKE_BUILD_TYPE=Debug -DSLUICE_SANITIZE=ON; then
	part unit-sanitize unit build/sanitize
fi
[ $lint -eq 0 ] || begin clang-tidy tidy
if [ $integration -eq 1 ]; then
	part integration integration
	[ ! -x build/sanitize/bin/sluiced ] || [ $sanitize -eq 0 ] ||
		part integration-sanitize integration_sanitize
fi
if [ $vm -eq 1 ]; then
	part vm tests/vm/run.sh
else
	echo "left out: the SR-IOV scenarios in an emulated machine (tests/vm/run.sh)"
fi
[ $lint -eq 0 ] || end clang-tidy

echo
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
