# claimcheck. `make help` lists the targets; config.mk holds what configure
# found, and is made when it is missing.
.DEFAULT_GOAL := all
INSTALL ?= install
PORT ?= 8080
# For each fuzz target.
SECONDS ?= 60
BUILD := build

# Targets that need nothing configured.
UNCONFIGURED := help clean dist deb check-deb
ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif
-include config.local.mk

configure: configure.ac
	autoconf

config.mk: configure config.mk.in
	./configure --quiet

# Users' CPPFLAGS, CXXFLAGS and LDFLAGS stay theirs; these are ours.
REQUIRED_CXXFLAGS := -std=c++20 -Wall -Wextra -Wpedantic -pthread -MMD -MP
REQUIRED_CPPFLAGS := -Isrc -DCLAIMCHECK_VERSION='"$(VERSION)"' -DCLAIMCHECK_SYSCONFDIR='"$(sysconfdir)"' $(if $(HIREDIS_LIBS),-DCLAIMCHECK_HIREDIS) $(if $(STATIC_LDFLAGS),-DCLAIMCHECK_STATIC)
EDGE_LIBS := $(HIREDIS_LIBS) $(CRYPTO_LIBS)
COMPILE = $(CXX) $(REQUIRED_CPPFLAGS) $(CPPFLAGS) $(REQUIRED_CXXFLAGS) $(CXXFLAGS)
LINK = $(CXX) -pthread $(CXXFLAGS) $(LDFLAGS)
# Of the C++ runtime a program maps what it uses alone: less memory, and sooner
# started. Not under sanitizers, which have to find it.
OWN_RUNTIME = $(if $(findstring -fsanitize,$(CXXFLAGS)),,-static-libstdc++ -static-libgcc)

objects = $(patsubst %.cc,$(BUILD)/%.o,$(wildcard $(1)))
LIB_OBJECTS := $(call objects,src/claimcheck/*.cc)
POLICY_OBJECTS := $(call objects,src/policy/*.cc)
EDGE_OBJECTS := $(call objects,src/edge/*.cc)
DOCTOR_OBJECTS := $(call objects,src/doctor/*.cc)
CLI_OBJECTS := $(call objects,src/cli/*.cc)
PROGRAMS := $(BUILD)/get-token.fcgi $(BUILD)/download.fcgi

# A test of a room links what the room may use and nothing else: a policy test
# that reached for a socket or for libfcgi would not link.
TEST_ROOMS := claimcheck policy edge doctor
UNIT_TESTS := $(foreach room,$(TEST_ROOMS),$(BUILD)/tests/$(room)_test)

.PHONY: all script bundle check check-units check-sanitizers deb check-deb soak soak-spool soak-sanitizers fuzz run-fuzzers bench bench-tokens bench-gateway bench-scaling bench-counts bench-servers bench-report demo screenshots install uninstall clean dist distcheck format help
all: $(PROGRAMS) $(BUILD)/claimcheck $(BUILD)/libclaimcheck.a script

# The browser script made small, and for `import`: what a page's tag may say of
# each as integrity="…" (Subresource Integrity).
SCRIPTS := $(if $(ESBUILD),$(BUILD)/download.min.js $(BUILD)/download.module.min.js)
MINIFY = $(ESBUILD) --minify --log-level=warning --banner:js='/*! claimcheck $(VERSION) */' --outfile=$@ $<
$(BUILD)/download.min.js: htdocs/download.js config.mk
	$(MINIFY) --target=es2017
$(BUILD)/download.module.min.js: htdocs/download.module.js htdocs/download.js config.mk
	$(MINIFY) --target=es2020 --bundle --format=esm
script: $(SCRIPTS)
	$(if $(SCRIPTS),,@echo 'download.min.js is not made, for want of esbuild (Debian: esbuild); then remove config.mk. download.js does the same.')
	@for script in htdocs/download.js $(SCRIPTS); do \
	  printf '%s: %s bytes, integrity="sha384-%s"\n' $$script $$(wc -c <$$script) \
	    $$(sha384sum <$$script | cut -c 1-96 | tr a-f A-F | basenc --base16 -d | base64 -w 0); done

$(BUILD)/%.o: %.cc config.mk
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

$(BUILD)/libclaimcheck.a: $(LIB_OBJECTS)
$(BUILD)/policy.a: $(POLICY_OBJECTS)
$(BUILD)/edge.a: $(EDGE_OBJECTS)
$(BUILD)/doctor.a: $(DOCTOR_OBJECTS)
$(BUILD)/%.a:
	rm -f $@
	$(AR) rcs $@ $^
	$(RANLIB) $@

ROOMS := $(BUILD)/edge.a $(BUILD)/policy.a $(BUILD)/libclaimcheck.a
$(BUILD)/get-token.fcgi: $(BUILD)/src/get_token.o $(ROOMS)
$(BUILD)/download.fcgi: $(BUILD)/src/download.o $(ROOMS)
$(PROGRAMS):
	$(LINK) $(OWN_RUNTIME) $(STATIC_LDFLAGS) $^ $(EDGE_LIBS) -o $@

# The test of the comparison of MACs takes its place.
$(BUILD)/tests/claimcheck_test: $(call objects,tests/claimcheck/*.cc) $(BUILD)/libclaimcheck.a
	$(LINK) -Wl,--wrap=CRYPTO_memcmp $^ $(CRYPTO_LIBS) -o $@
$(BUILD)/claimcheck: $(CLI_OBJECTS) $(BUILD)/doctor.a $(ROOMS)
	$(LINK) $(OWN_RUNTIME) $(STATIC_LDFLAGS) $^ $(EDGE_LIBS) -o $@

$(BUILD)/tests/policy_test: $(call objects,tests/policy/*.cc) $(BUILD)/policy.a $(BUILD)/libclaimcheck.a
	$(LINK) $^ $(CRYPTO_LIBS) -o $@
$(BUILD)/tests/edge_test: $(call objects,tests/edge/*.cc) $(BUILD)/edge.a $(BUILD)/policy.a $(BUILD)/libclaimcheck.a
	$(LINK) $(COUNTED) $^ $(EDGE_LIBS) -o $@
$(BUILD)/tests/doctor_test: $(call objects,tests/doctor/*.cc) $(BUILD)/doctor.a $(BUILD)/policy.a $(BUILD)/libclaimcheck.a
	$(LINK) $^ $(CRYPTO_LIBS) -o $@

# What the spool removes is counted on its way.
COUNTED := -Wl,--wrap=unlinkat -Wl,--wrap=renameat
$(BUILD)/tests/spool_load.o: CPPFLAGS += -Itests
$(BUILD)/tests/spool_load: $(BUILD)/tests/spool_load.o $(BUILD)/tests/edge/removals.o $(ROOMS)
	$(LINK) $(COUNTED) $^ $(EDGE_LIBS) -o $@

$(BUILD)/tests/old_kernel: $(BUILD)/tests/old_kernel.o
	$(LINK) $^ -o $@

# What reads hostile bytes. A replay feeds the seeds to a target without
# libFuzzer.
FUZZ_TARGETS := token jwk pem base64url fastcgi range lease answer
REPLAYS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%_replay)
$(BUILD)/fuzz/%_replay: $(BUILD)/fuzz/%.o $(BUILD)/fuzz/replay.o
	$(LINK) $^ $(CRYPTO_LIBS) -o $@
fuzz_binaries = $(foreach kind,replay fuzzer,$(1:%=$(BUILD)/fuzz/%_$(kind)))
$(call fuzz_binaries,fastcgi lease): $(BUILD)/edge.a $(BUILD)/policy.a
$(call fuzz_binaries,answer): $(BUILD)/doctor.a $(BUILD)/policy.a
$(call fuzz_binaries,range): $(BUILD)/policy.a
$(call fuzz_binaries,$(FUZZ_TARGETS)): $(BUILD)/libclaimcheck.a
.SECONDARY: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%.o) $(BUILD)/fuzz/replay.o

# New inputs are kept in build/fuzzing; a finding ends the run and leaves its
# file there.
fuzz:
	$(MAKE) BUILD=build/fuzzing CXX=clang++ CXXFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' run-fuzzers
run-fuzzers: $(FUZZ_TARGETS:%=run-fuzzer-%)
run-fuzzer-%: $(BUILD)/fuzz/%_fuzzer
	@mkdir -p $<.found
	$< -max_total_time=$(SECONDS) -max_len=8192 -timeout=10 -print_final_stats=1 -artifact_prefix=$<. $<.found fuzz/$*_corpus
$(BUILD)/fuzz/%_fuzzer: $(BUILD)/fuzz/%.o
	$(LINK) -fsanitize=fuzzer $^ $(CRYPTO_LIBS) -o $@

# A missing test dependency stops the tests, in words, and not `make`.
ifeq ($(HAVE_BOOST_TEST),no)
check check-units:
	@echo 'The tests need Boost.Test (Debian: libboost-test-dev); then remove config.mk.' >&2; exit 1
else
check-units: $(UNIT_TESTS) $(REPLAYS)
	tests/run $(UNIT_TESTS) $(REPLAYS)

# The unit tests again, under sanitizers: in folders of their own.
check-sanitizers:
	$(MAKE) BUILD=build/asan CXXFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' check-units
	$(MAKE) BUILD=build/tsan CXXFLAGS='-O1 -g -fsanitize=thread' check-units

# An hour at full load; then a minute each under the sanitizers.
MINUTES ?= 60
soak: all $(BUILD)/bench/peer tests/node_modules/.package-lock.json
	cd tests && node soak.mjs $(MINUTES)
# Ten million redemptions on a clock that runs ahead, in memory.
REDEMPTIONS ?= 10000000
soak-spool: $(BUILD)/tests/spool_load
	set -e; folder=$$(mktemp -d -p /dev/shm); \
	trap 'rm -rf "$$folder"' EXIT; $< "$$folder" $(REDEMPTIONS)
soak-sanitizers: $(BUILD)/bench/peer tests/node_modules/.package-lock.json
	$(MAKE) BUILD=build/asan CXXFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' all
	$(MAKE) BUILD=build/tsan CXXFLAGS='-O1 -g -fsanitize=thread' all
	cd tests && node soak.mjs 1 ../build/asan
	cd tests && node soak.mjs 1 ../build/tsan

check: all bundle $(BUILD)/tests/old_kernel $(UNIT_TESTS) $(REPLAYS) tests/node_modules/.package-lock.json
	tests/run $(UNIT_TESTS) $(REPLAYS) behaviour browser
endif

# The peers that are installed, in one run. A static probe wants libcrypto.a.
PROBES := $(foreach probe,empty lowlevel evp evp_noinit,$(foreach way,static shared,$(BUILD)/bench/startup_$(probe)_$(way)))
$(BUILD)/bench/tokens: $(addprefix $(BUILD)/bench/,tokens.o hmac.o key_pairs.o libjwt.o stopwatch.o) $(BUILD)/libclaimcheck.a
	$(LINK) $^ $(JWT_LIBS) $(CRYPTO_LIBS) -o $@
$(BUILD)/bench/redeem: $(BUILD)/bench/redeem.o $(BUILD)/bench/stopwatch.o $(ROOMS)
	$(LINK) $^ $(EDGE_LIBS) -o $@
$(BUILD)/bench/spawn: $(BUILD)/bench/spawn.o $(BUILD)/bench/stopwatch.o
	$(LINK) $^ -o $@
$(BUILD)/bench/startup_%_static: bench/startup.cc $(BUILD)/libclaimcheck.a
	$(COMPILE) -DPROBE_$(shell echo $* | tr a-z A-Z) $^ $(LDFLAGS) -static -Wl,-w $(CRYPTO_LIBS) -o $@
$(BUILD)/bench/startup_%_shared: bench/startup.cc $(BUILD)/libclaimcheck.a
	$(COMPILE) -DPROBE_$(shell echo $* | tr a-z A-Z) $^ $(LDFLAGS) -static-libstdc++ -static-libgcc $(CRYPTO_LIBS) -o $@
# The FastCGI side: our gateway and libfcgi's, a peer that loads them, and our
# programs without shared libraries, as plain CGI runs them best.
$(BUILD)/bench/noop: $(BUILD)/bench/noop.o $(ROOMS)
	$(LINK) $^ $(EDGE_LIBS) -o $@
$(BUILD)/bench/peer: $(BUILD)/bench/peer.o $(ROOMS)
	$(LINK) $^ $(EDGE_LIBS) -o $@
$(BUILD)/bench/libfcgi: $(BUILD)/bench/libfcgi.o
	$(LINK) $^ $(FCGI_LIBS) -o $@
$(BUILD)/bench/get-token: $(BUILD)/src/get_token.o $(ROOMS)
	@mkdir -p $(@D)
	$(LINK) -static -Wl,-w $^ $(EDGE_LIBS) -o $@
$(BUILD)/bench/allocations.so: bench/allocations.cc
	@mkdir -p $(@D)
	$(COMPILE) -fPIC -shared $< $(LDFLAGS) -o $@
GATEWAY_BENCH := $(addprefix $(BUILD)/bench/,noop peer libfcgi get-token)
# By turns, also with -j: they measure, and share a file.
bench:
	$(MAKE) bench-tokens
	$(MAKE) bench-gateway
	$(MAKE) bench-scaling
	$(MAKE) bench-counts
	$(MAKE) bench-servers
	$(MAKE) bench-report
bench-tokens: $(BUILD)/bench/tokens $(BUILD)/bench/redeem $(BUILD)/bench/spawn $(PROBES) tests/node_modules/.package-lock.json
	bench/run $(BUILD)/bench.json
bench-gateway: all $(GATEWAY_BENCH) $(BUILD)/bench/spawn
	bench/gateway $(BUILD)/bench.json
bench-scaling: all $(BUILD)/bench/peer
	bench/scaling $(BUILD)/bench.json
bench-counts: all $(addprefix $(BUILD)/bench/,noop peer allocations.so)
	bench/counts $(BUILD)/bench.json
bench-servers: all $(BUILD)/bench/noop $(BUILD)/bench/libfcgi tests/node_modules/.package-lock.json
	bench/servers $(BUILD)/bench.json
# bench/RESULTS.md, its chart and README's table, of what was measured last.
bench-report:
	bench/report $(BUILD)/bench.json . $(CXX) $(CXXFLAGS)

tests/node_modules/.package-lock.json: tests/package-lock.json
	cd tests && npm ci --no-progress
	touch $@

demo: all
	htdocs/demo/run $(PORT)

# README's pictures, by the browser tests.
screenshots: all tests/node_modules/.package-lock.json
	mkdir -p htdocs/screenshots && cd tests && CLAIMCHECK_SCREENSHOTS=$(abspath htdocs/screenshots) browser/with_demo node --test browser/screenshots.test.mjs

# Where the programs and what an admin includes go. A config that is there is
# never overwritten.
programdir = $(libexecdir)/claimcheck
sharedir = $(datadir)/claimcheck
# The library's manual: what its users include, and what that includes.
PUBLIC_HEADERS = $(addprefix src/claimcheck/,algorithm.h base64url.h jws.h jwt.h key.h key_set.h keygen.h result.h unix_time.h)
PKGCONFIG = $(libdir)/pkgconfig
SERVERS := apache lighttpd nginx
MANUAL := claimcheck.1 claimcheck.toml.5 get-token.8 download.8
# The paths of this installation in the place of the usual ones, and README.md
# without its pictures.
SETTLED = sed -e '/^!\[/d' -e 's|/usr/local/libexec/claimcheck|$(programdir)|g' -e 's|/usr/local/share/claimcheck|$(sharedir)|g' -e 's|/etc/claimcheck|$(sysconfdir)/claimcheck|g'
install: all
	$(INSTALL) -d $(DESTDIR)$(programdir) $(DESTDIR)$(bindir) $(DESTDIR)$(PKGCONFIG) $(DESTDIR)$(includedir)/claimcheck \
	  $(addprefix $(DESTDIR)$(sharedir)/,$(SERVERS)) $(DESTDIR)$(sharedir)/systemd $(DESTDIR)$(sharedir)/htdocs $(DESTDIR)$(docdir)/examples $(DESTDIR)$(sysconfdir)/claimcheck
	$(INSTALL) -m 0755 $(PROGRAMS) $(DESTDIR)$(programdir)
	$(INSTALL) -m 0755 $(BUILD)/claimcheck $(DESTDIR)$(bindir)
	$(INSTALL) -m 0644 $(BUILD)/libclaimcheck.a $(DESTDIR)$(libdir)
	$(INSTALL) -m 0644 $(PUBLIC_HEADERS) $(DESTDIR)$(includedir)/claimcheck
	sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' -e 's|@includedir@|$(includedir)|' -e 's|@VERSION@|$(VERSION)|' \
	  src/claimcheck/claimcheck.pc.in >$(DESTDIR)$(PKGCONFIG)/claimcheck.pc
	for conf in $(foreach server,$(SERVERS),$(server)/*.conf) apache/claimcheck.htaccess; do \
	  $(SETTLED) $$conf >$(DESTDIR)$(sharedir)/$$conf; done
	for unit in systemd/*; do \
	  $(SETTLED) $$unit >$(DESTDIR)$(sharedir)/$$unit; done
	$(INSTALL) -m 0644 htdocs/download.* $(SCRIPTS) htdocs/doctor.* $(DESTDIR)$(sharedir)/htdocs
	$(INSTALL) -m 0644 NEWS LICENSE $(DESTDIR)$(docdir)
	for text in README.md MIGRATING.md; do $(SETTLED) $$text >$(DESTDIR)$(docdir)/$$text; done
	$(SETTLED) apache/claimcheck.toml >$(DESTDIR)$(docdir)/claimcheck.toml
	$(INSTALL) -m 0644 htdocs/examples/* $(DESTDIR)$(docdir)/examples
	for page in $(MANUAL); do $(INSTALL) -d $(DESTDIR)$(mandir)/man$${page##*.}; \
	  $(SETTLED) man/$$page >$(DESTDIR)$(mandir)/man$${page##*.}/$$page; done
	test -e $(DESTDIR)$(sysconfdir)/claimcheck/claimcheck.toml || \
	  $(INSTALL) -m 0644 $(DESTDIR)$(docdir)/claimcheck.toml $(DESTDIR)$(sysconfdir)/claimcheck

uninstall:
	rm -f $(addprefix $(DESTDIR)$(docdir)/,README.md MIGRATING.md NEWS LICENSE claimcheck.toml) $(DESTDIR)$(libdir)/libclaimcheck.a \
	  $(DESTDIR)$(PKGCONFIG)/claimcheck.pc $(DESTDIR)$(bindir)/claimcheck
	rm -f $(foreach page,$(MANUAL),$(DESTDIR)$(mandir)/man$(lastword $(subst ., ,$(page)))/$(page))
	rm -rf $(DESTDIR)$(programdir) $(DESTDIR)$(includedir)/claimcheck $(DESTDIR)$(sharedir) $(DESTDIR)$(docdir)/examples
	-rmdir $(DESTDIR)$(docdir)
	@echo 'Kept: $(DESTDIR)$(sysconfdir)/claimcheck'

clean:
	rm -rf build

# Of what is committed, in build/deb. The tests have run elsewhere.
deb: dist
	rm -rf build/deb && mkdir -p build/deb
	tar -xzf build/$(DIST).tar.gz -C build/deb
	cd build/deb/$(DIST) && DEB_BUILD_OPTIONS="nocheck parallel=$$(nproc)" dpkg-buildpackage -b -us -uc -Pnocheck
	rm -rf build/deb/$(DIST)
	@ls build/deb/*.deb

# Installed, used, upgraded, removed and purged, on a copy of this machine.
check-deb: deb
	tests/deb/check build/deb

# The version stands in configure.ac alone. The tarball is made of a git
# checkout.
DIST_VERSION = $(shell awk -F'[][]' '/^AC_INIT/ { print $$4 }' configure.ac)
DIST = claimcheck-$(DIST_VERSION)
dist:
	mkdir -p build
	git archive --prefix=$(DIST)/ -o build/$(DIST).tar.gz HEAD

# The tarball builds, tests its units and installs by itself.
distcheck: dist
	rm -rf build/distcheck && mkdir -p build/distcheck
	tar -xzf build/$(DIST).tar.gz -C build/distcheck
	$(MAKE) -C build/distcheck/$(DIST) all check-units
	$(MAKE) -C build/distcheck/$(DIST) install DESTDIR=$(abspath build/distcheck/root)
	$(MAKE) -C build/distcheck/$(DIST) uninstall DESTDIR=$(abspath build/distcheck/root)

# What hosts with FTP alone get, whatever config.mk says: no shared libraries,
# and no hiredis, since names are looked up by modules of the host. The same
# sources make the same bytes.
BUNDLE_CXXFLAGS ?= -O1
BUNDLE = build/$(DIST)-bundle.tar.gz
bundle:
	$(MAKE) BUILD=build/static STATIC_LDFLAGS='-static -Wl,-w' HIREDIS_LIBS= sysconfdir=/etc CPPFLAGS= CXXFLAGS='$(BUNDLE_CXXFLAGS)' LDFLAGS=-Wl,--build-id=none all
	rm -f build/claimcheck-*-bundle.tar.gz
	apache/bundle/pack build/static $(BUNDLE)
	@ls $(BUNDLE)

format:
	clang-format-16 -i $(shell git ls-files '*.cc' '*.h')

help:
	@echo 'all        build the programs and libclaimcheck.a (the default)'
	@echo 'script     build/download.min.js and the integrity of each script'
	@echo 'check      all tests: units, behaviours under real servers, browser'
	@echo 'check-units  the unit tests alone'
	@echo 'check-sanitizers  the unit tests under ASan and UBSan, and under TSan'
	@echo 'soak, soak-sanitizers  MINUTES=60 of full load; a minute each under sanitizers'
	@echo 'soak-spool  REDEMPTIONS=10000000 on a clock that runs ahead'
	@echo 'fuzz       libFuzzer with clang++, SECONDS=60 for each of fuzz/*.cc'
	@echo 'bench      against the peers that are installed, ROUNDS=5: build/bench.json, bench/RESULTS.md'
	@echo 'bench-tokens, -gateway, -scaling, -counts, -servers, -report   its parts'
	@echo 'demo       a protected site on http://127.0.0.1:$(PORT)/ (PORT=8080) until Ctrl-C'
	@echo 'screenshots  the pictures in README.md, taken anew'
	@echo 'install, uninstall   with DESTDIR and the usual directories'
	@echo 'bundle     build/claimcheck-VERSION-bundle.tar.gz, for hosts with FTP and .htaccess alone'
	@echo 'dist, distcheck      the tarball; build, test and install it'
	@echo 'deb, check-deb  Debian packages, in build/deb; installed, used, upgraded and purged'
	@echo 'format     clang-format 16 over the C++ sources'
	@echo 'clean      remove build/'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
