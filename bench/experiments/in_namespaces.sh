#!/bin/sh
# The namespaces that configurations of experiments name; gone with those of configs/isolate.sh.
set -eu
cd "$(dirname "$0")/../.."

for i in 0 1 2 3 4 5; do
	ip netns add "$1$i"
done
name=$1
shift
exec /usr/bin/python3 "bench/experiments/$name.py" "$@"
