#!/bin/sh
set -eu
build_type=${build_type:-Release}
cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE="$build_type" -DCMAKE_INSTALL_PREFIX=/usr
cmake --build build --parallel "$(nproc)"
ctest --test-dir build --output-on-failure
DESTDIR="$PWD/stage" cmake --install build
tar -C stage -cJf "app-${version}.tar.xz" .
# parameters: version
