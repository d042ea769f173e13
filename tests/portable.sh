#!/bin/sh
# Builds targets for processors without AVX-512, which neither valgrind nor the emulated machine
# knows, and without link-time optimisation.
#
#   tests/portable.sh TARGET...     the programs come to lie in build/portable/bin
set -eu
cd "$(dirname "$0")/.."
cmake -G Ninja -S . -B build/portable -DCMAKE_BUILD_TYPE=Release -DSLUICE_WERROR=ON \
	-DSLUICE_MARCH=x86-64-v3 -DSLUICE_LTO=OFF >/dev/null
cmake --build build/portable -j "$(nproc)" --target "$@" -- --quiet
