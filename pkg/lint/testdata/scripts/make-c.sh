set -e
./autogen.sh && ./configure --prefix=/usr --disable-static CFLAGS="-O2 -g -Wall"
make -j"$(getconf _NPROCESSORS_ONLN)" V=1
make check || { cat test-suite.log; exit 1; }
make DESTDIR="$(pwd)/pkg" install
