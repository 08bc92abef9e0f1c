# Builds, installs and checks lua-kms. `make help` lists the targets.
# One Lua ABI per build tree: `make` for Lua 5.4, `make LUA=luajit` for LuaJIT.

LUA        ?= lua5.4
LUAS       ?= lua5.4 luajit
BUILD      ?= build
export BUILD
PKG_CONFIG ?= pkg-config

# LUA may be a path. LUA_PC is the pkg-config name of the Lua whose headers are used.
LUA_NAME   := $(notdir $(LUA))
LUA_PC     ?= $(LUA_NAME)
LUA_ABI    ?= $(or $(shell $(LUA) -e 'io.write((_VERSION:match "[0-9.]+"))'),$(error $(LUA) does not run: set LUA or LUA_ABI))

# Headers and libraries are in the folder that is set, else where pkg-config says.
flags_of    = $(shell $(PKG_CONFIG) --$(1) $(2))$(if $(filter-out 0,$(.SHELLSTATUS)),$(error \
  $(PKG_CONFIG) does not find $(2): run 'make setup', or set $(3)))
LUA_CFLAGS    ?= $(if $(LUA_INCDIR),-I'$(LUA_INCDIR)',$(call flags_of,cflags,$(LUA_PC),LUA_INCDIR))
CURL_CFLAGS   ?= $(if $(CURL_INCDIR),-I'$(CURL_INCDIR)',$(call flags_of,cflags,libcurl,CURL_INCDIR))
CURL_LIBS     ?= $(if $(CURL_LIBDIR),-L'$(CURL_LIBDIR)' -lcurl,$(call flags_of,libs,libcurl,CURL_LIBDIR))
CRYPTO_CFLAGS ?= $(if $(OPENSSL_INCDIR),-I'$(OPENSSL_INCDIR)',$(call flags_of,cflags,libcrypto,OPENSSL_INCDIR))
CRYPTO_LIBS   ?= $(if $(OPENSSL_LIBDIR),-L'$(OPENSSL_LIBDIR)' -lcrypto,$(call flags_of,libs,libcrypto,OPENSSL_LIBDIR))
require_tool = $(if $(shell command -v $(firstword $(1)) 2> /dev/null),,$(error $(firstword $(1)) is missing: set $(2)))

CFLAGS   ?= -O2 -g
LDFLAGS  ?=
LIBFLAG  ?= -shared
WARNINGS ?= -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wcast-qual -Wpointer-arith -Wformat=2 -Wundef -Wvla -Wwrite-strings

# 64 bits: times past 2038 where a time_t has 32 bits otherwise.
# nodelete: after a Lua state is closed, threads and other libraries may still call into the module's libraries.
KMS_CFLAGS  = -Icsrc -std=c99 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -fPIC -fvisibility=hidden $(WARNINGS)
KMS_LDFLAGS = -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now

TREE    = $(BUILD)/$(LUA_NAME)
SOURCES = $(wildcard csrc/*/*.c)
HEADERS = $(wildcard csrc/*/*.h)
# One row per C module: its file in csrc/binding and its libraries. The linker takes the other objects from an archive.
MODULES = kms/sign kms/transport/curl kms/http1
$(TREE)/kms/sign.so: $(TREE)/csrc/binding/sign.o
$(TREE)/kms/sign.so: LIBS = $(CRYPTO_LIBS)
$(TREE)/kms/transport/curl.so: $(TREE)/csrc/binding/curl.o
# Threads have a library of their own in glibc before 2.34.
$(TREE)/kms/transport/curl.so: LIBS = $(CURL_LIBS) -pthread
$(TREE)/kms/http1.so: $(TREE)/csrc/binding/http1.o

OBJECTS        = $(SOURCES:%.c=$(TREE)/%.o)
ARCHIVE        = $(TREE)/libkms.a
SHARED_OBJECTS = $(MODULES:%=$(TREE)/%.so)
COMPILE        = $(CC) $(CPPFLAGS) $(CFLAGS) $(KMS_CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS)
LINK           = $(CC) $(CFLAGS) $(LIBFLAG) $(LDFLAGS) $(KMS_LDFLAGS)

# A file gets its name when it is complete, because two makes may build one tree at the same time.
NEW     = $@.$$$$
PUBLISH = mv -f $(NEW) $@

# Named here, because the rows of modules precede the rule.
.DEFAULT_GOAL := all
.PHONY: all
all: $(SHARED_OBJECTS)

$(SHARED_OBJECTS): $(ARCHIVE)
	@mkdir -p $(@D)
	$(LINK) -o $(NEW) $(filter %.o,$^) $(ARCHIVE) $(LIBS) && $(PUBLISH)

# Members of different folders may share a name, so they are appended, not replaced.
$(ARCHIVE): $(OBJECTS)
	$(AR) qcs $(NEW) $^ && $(PUBLISH)

$(TREE)/%.o: %.c $(TREE)/commands
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -MT $@ -MF $(NEW).d -c -o $(NEW) $< && mv -f $(NEW).d $(@:.o=.d) && $(PUBLISH)

-include $(OBJECTS:.o=.d)

# Changes with the commands and the list of sources, so that everything is then compiled again.
$(TREE)/commands: export COMMANDS = $(COMPILE) | $(LINK) | $(CURL_LIBS) | $(CRYPTO_LIBS) | $(SOURCES)
$(TREE)/commands: force
	$(call require_tool,$(CC),CC)
	@mkdir -p $(@D)
	@printf '%s\n' "$$COMMANDS" | cmp -s - $@ || { printf '%s\n' "$$COMMANDS" > $(NEW) && $(PUBLISH); }

.PHONY: force
force:

# Compiles the modules for the specs that Debian does not package for this Lua; tools/build-lua-modules has the table of them.
BUILT_MODULES = $(abspath $(BUILD)/modules/$(LUA_NAME))
.PHONY: lua-modules
lua-modules:
	@LUA_CFLAGS="$(LUA_CFLAGS)" tools/build-lua-modules $(LUA)

# Prints shell commands that put this build tree on Lua's module paths: eval "$(make -s env)".
MODULE_PATHS = $(if $(wildcard $(BUILT_MODULES)),$(BUILT_MODULES)/?.lua;$(BUILT_MODULES)/share/?.lua;$(BUILT_MODULES)/share/?/init.lua)
.PHONY: env
env:
	@echo 'export LUA_PATH="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;$(MODULE_PATHS)"'
	@echo 'export LUA_CPATH="$(abspath $(TREE))/?.so;;$(if $(MODULE_PATHS),$(BUILT_MODULES)/?.so)"'
	@echo 'unset $(foreach version,5_2 5_3 5_4 5_5,LUA_PATH_$(version) LUA_CPATH_$(version))'

.PHONY: setup
setup:
	tools/install-deps build $(filter lua5.%,$(LUA_NAME))

.PHONY: demo
demo:
	tools/install-deps demo
	@$(MAKE) --no-print-directory -s all
	@tools/demo $(LUA)

# Tags in the names of specs: #gc sets the collector or measures time and memory, #inspect inspects files and processes
# or runs a program that is not Lua,
# #timing needs a response within a fraction of a second, #sdk uses the reference SDK.
# GC=hard runs the collector as often as possible.
HARD = --helper=spec/helpers/hard_gc.lua --exclude-tags=gc
.PHONY: test
test:
	tools/install-deps test $(LUAS)
	@for lua in $(LUAS); do $(MAKE) --no-print-directory -s all LUA=$$lua || exit 1; done
	@tools/test "$(LUAS)" $(if $(GC),$(HARD)) $(TESTS)

# A tenth of the specs on other Luas, chosen for breadth: each layer, and what differs between Luas.
OTHER_LUAS = $(if $(filter file,$(origin LUAS)),lua5.1 lua5.2 lua5.3,$(LUAS))
OTHER_TESTS = $(addsuffix _spec.lua,spec/transport/contract spec/transport/http1_parser spec/transport/http1_request \
  spec/transport/options spec/transport/scheduler spec/e2e/end_to_end \
  $(addprefix spec/unit/,bulk/journal bulk/plan call/call call/params call/result_reader cli/cli cli/json client credentials/cache \
    credentials/chain credentials/ini emulator/crypto/ciphertext emulator/huawei/crypto emulator/json emulator/signature error \
    kms loop/transport ncloud/ncloud parallel/curl_runner parallel/timer_heap sign/ncloud sign/target util/coroutines \
    util/json_text util/lazy util/time util/validate))
.PHONY: test-other-luas
test-other-luas:
	@$(MAKE) --no-print-directory test LUAS="$(OTHER_LUAS)" TESTS="$(OTHER_TESTS)"

# spec/transport and the spec of kms.loop.luv with what other systems and libcurl before 7.87 use: poll in place of epoll,
# and SIGPIPE blocked.
# The tag #descriptor marks specs that need epoll.
.PHONY: test-portable
test-portable:
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/portable LUAS=lua5.4 \
	  CPPFLAGS="-DKMS_USE_POLL -DKMS_SIGPIPE_FIXED_IN=0xffffff" TESTS="--exclude-tags=descriptor spec/transport spec/unit/loop/luv_spec.lua"

# The whole of `make test`, or the target GOAL, on another release of Debian, in a chroot: RELEASE=trixie. Needs root.
.PHONY: test-debian
test-debian:
	@tools/install-deps debian
	@tools/test-debian "$(or $(RELEASE),$(error set RELEASE to bullseye, bookworm, trixie or forky))" "$(ARCHITECTURE)" \
	  "$(if $(filter file,$(origin LUAS)),,$(LUAS))" $(TESTS)

# With the libcurl or the OpenSSL in PREFIX, at compile time and at run time.
LIBRARY_TESTS = spec/transport spec/unit/sign spec/e2e/end_to_end_spec.lua
.PHONY: test-libcurl test-openssl
test-libcurl:
	@tools/test-library libcurl "$(PREFIX)" "$(LUAS)" $(or $(TESTS),$(LIBRARY_TESTS))

test-openssl:
	@tools/test-library libcrypto "$(PREFIX)" "$(LUAS)" $(or $(TESTS),$(LIBRARY_TESTS))

# The specs with the library under ASan and UBSan, also inside NGINX; specs of the C parts under valgrind.
MEMORY_TESTS ?= spec/unit/sign spec/transport spec/e2e/end_to_end_spec.lua
.PHONY: asan valgrind
asan:
	tools/install-deps test sanitize
	@tools/sanitize address "$(LUAS)" $(TESTS)

valgrind:
	tools/install-deps test sanitize
	@tools/sanitize valgrind "$(LUAS)" $(if $(TESTS),$(TESTS),$(MEMORY_TESTS))

# Which lines, and in C which branches, the specs run.
.PHONY: cover
cover:
	tools/install-deps test cover
	@tools/cover "$(LUAS)" $(TESTS)

# torture: each allocation of a call fails once, at most MAX per operation; objects are closed in every order.
# tsan: Lua states in several threads at once.
MAX ?= 200
.PHONY: torture tsan
torture:
	tools/install-deps test sanitize
	@tools/torture allocations "$(LUAS)" $(MAX)

tsan:
	tools/install-deps test sanitize
	@tools/torture threads "$(LUAS)"

# Cost of calls for the other requests of an NGINX worker; some minutes. ROUNDS and SECONDS set the length.
.PHONY: bench-nginx
bench-nginx:
	tools/install-deps bench
	@$(MAKE) --no-print-directory -s all LUA=luajit
	@tools/with-server KMS_BENCH $(BUILD)/bench-nginx/upstream tools/nginx bench/nginx/upstream.conf -- \
	  tools/with-server KMS_BENCHED $(BUILD)/bench-nginx/benched tools/nginx bench/nginx/nginx.conf -- \
	  luajit bench/nginx/run.lua

# The C programs that calls are compared with.
BASELINE = bench/programs/batches.c bench/programs/baseline.c
PLAIN = bench/programs/plain_sign.c
BENCH = $(addprefix $(BUILD)/bench/,p0 p0m p0s signatures primitives)
$(BUILD)/bench/p0: bench/programs/p0.c $(BASELINE)
$(BUILD)/bench/p0m: bench/programs/p0m.c $(BASELINE)
$(BUILD)/bench/p0s: bench/programs/p0s.c $(PLAIN) $(BASELINE)
$(BUILD)/bench/signatures: bench/programs/signatures.c bench/programs/batches.c $(PLAIN) $(ARCHIVE)
$(BUILD)/bench/primitives: bench/programs/primitives.c bench/programs/batches.c
$(BENCH): $(wildcard bench/programs/*.h) $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(KMS_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS) $(LDFLAGS) -o $(NEW) $(filter %.c %.a,$^) \
	  $(CURL_LIBS) $(CRYPTO_LIBS) && $(PUBLISH)

.PHONY: bench-programs
bench-programs: $(BENCH)

# Compares calls with loops over libcurl in C. Client and servers share one core, so that no process waits until another core
# wakes up. ROUNDS, BATCHES, CALLS and STARTS set the length, ONLY="Huawei Cloud, TLS" selects. The output is a section of
# bench/RESULTS.md.
CORE ?= 0
ON_ONE_CORE = taskset -c $(CORE)
measure = $(MAKE) --no-print-directory -s all LUA=luajit && $(MAKE) --no-print-directory -s all bench-programs LUA=lua5.4 && \
  eval "$$($(MAKE) --no-print-directory -s env LUA=lua5.4)" && \
  $(2) tools/with-server KMS_EMULATOR $(BUILD)/bench/emulator tools/emulator/serve -- \
  tools/with-server KMS_BENCH $(BUILD)/bench/server tools/nginx bench/server.conf -- lua5.4 $(1)
.PHONY: bench bench-peers bench-instructions bench-parallel bench-growth
bench:
	@tools/install-deps bench
	@$(call measure,bench/calls.lua,$(ON_ONE_CORE))

# Other ways to make the same call.
bench-peers:
	@tools/install-deps peers
	@export ONLY="$(or $(ONLY),Huawei Cloud)" && $(call measure,bench/calls.lua peers,$(ON_ONE_CORE))

# Instructions per call and per signature; some minutes.
bench-instructions:
	@tools/install-deps bench
	@$(call measure,bench/instructions.lua,$(ON_ONE_CORE))

# kms.parallel: CPU per call compared with single calls; then, on all cores, 1,000 calls to a server that takes 50 ms.
bench-parallel:
	@tools/install-deps bench
	@$(call measure,bench/parallel_cpu.lua,$(ON_ONE_CORE))
	@$(call measure,bench/parallel.lua)

# kms.bulk with a journal: time compared with the ideal, and memory with many items.
.PHONY: bench-bulk
bench-bulk:
	@tools/install-deps bench
	@$(call measure,bench/bulk.lua)

# A page of 1,000 keys, compared with the JSON decoder alone.
.PHONY: bench-list
bench-list:
	@for lua in $(LUAS); do $(MAKE) --no-print-directory -s all LUA=$$lua && \
	  eval "$$($(MAKE) --no-print-directory -s env LUA=$$lua)" && $$lua bench/list.lua || exit 1; done

# Time and memory from the first call to the millionth; some minutes.
bench-growth:
	@tools/install-deps bench
	@$(call measure,bench/growth.lua,$(ON_ONE_CORE))

# Draws the plots of docs/performance.md from bench/RESULTS.md.
.PHONY: bench-plots
bench-plots:
	@tools/install-deps plots
	@lua5.4 bench/plots.lua docs/plots

# Runs libFuzzer with ASan and UBSan on each of fuzz/targets, for SECONDS or over RUNS inputs that are always the same. Lua 5.4
# only.
FUZZER = $(BUILD)/fuzz/harness
FUZZ_CFLAGS = -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
.PHONY: fuzz
fuzz:
	tools/install-deps fuzz
	@$(MAKE) --no-print-directory $(FUZZER) LUA=lua5.4
	@tools/fuzz $(if $(RUNS),runs=$(RUNS),$(or $(SECONDS),60)) $(TARGETS)

$(FUZZER): fuzz/harness.c $(SOURCES) $(HEADERS) Makefile
	@mkdir -p $(@D)
	clang $(FUZZ_CFLAGS) $(KMS_CFLAGS) $(LUA_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS) \
	  -Wl,--wrap=socket -Wl,--export-dynamic -o $@ $(filter %.c,$^) \
	  $(shell $(PKG_CONFIG) --libs $(LUA_PC)) $(CURL_LIBS) $(CRYPTO_LIBS)

# Runs in the foreground until interrupted; prints its URLs, its CA file and its accounts.
EMULATOR_PORT ?= 18440
.PHONY: emulator
emulator:
	tools/install-deps demo
	@$(MAKE) --no-print-directory -s all
	@tools/emulator/serve $(BUILD)/emulator $(EMULATOR_PORT) $(SEED)

C_FILES = $(wildcard csrc/*/*.[ch] bench/programs/*.[ch] examples/*/*.c)
STRICT  = $(CFLAGS) $(KMS_CFLAGS) -Werror $(LUA_CFLAGS) $(CURL_CFLAGS) $(CRYPTO_CFLAGS) -fsyntax-only
.PHONY: lint
lint:
	tools/install-deps lint
	luacheck --quiet $(filter-out build/,$(wildcard */)) *.rockspec .luacheckrc .busted
	tools/lint-language
	clang-format --dry-run -Werror $(C_FILES)
	@for lua in $(LUAS); do $(MAKE) --no-print-directory lint-c LUA=$$lua || exit 1; done
	cppcheck --quiet --error-exitcode=1 --std=c99 --enable=warning,performance,portability --inline-suppr \
	  --suppress=normalCheckLevelMaxBranches --suppress=preprocessorErrorDirective -DLUA_VERSION_NUM=504 -Icsrc csrc bench/programs

# Writes the files that are derived from the entries of operations and from the commands of kms: types/kms/operations,
# docs/reference, the manual page and bin/completions.
.PHONY: reference
reference:
	tools/install-deps demo
	@$(MAKE) --no-print-directory -s all
	@eval "$$($(MAKE) --no-print-directory -s env)" && $(LUA) tools/generate-reference

# Finds words that the project does not use.
.PHONY: lint-language
lint-language:
	@tools/lint-language

.PHONY: lint-c
lint-c:
	@echo 'gcc and clang, headers of $(LUA)'
	@gcc $(STRICT) -O2 -Wlogical-op -Wduplicated-cond -Wjump-misses-init $(filter %.c,$(C_FILES))
	@gcc $(STRICT) -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED $(wildcard csrc/sign/*.c csrc/binding/sign*.c)
	@clang $(STRICT) -Wcomma -Wextra-semi $(filter %.c,$(C_FILES))

# The C sources on other processors: warnings of their compilers, with their libc and this machine's other headers.
ARCHITECTURES ?= i686-linux-gnu aarch64-linux-gnu
.PHONY: lint-architectures
lint-architectures:
	tools/install-deps cross
	@for target in $(ARCHITECTURES); do echo "gcc for $$target" && $$target-gcc $(STRICT) -O2 -idirafter /usr/include \
	  -idirafter /usr/include/$$(gcc -print-multiarch) $(filter %.c,$(C_FILES)) || exit 1; done

include packaging/packages.mk

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PHONY: help
help:
	@echo 'make            build for Lua 5.4 in build/lua5.4 (LUA=luajit: for LuaJIT in build/luajit)'
	@echo 'make install    install below PREFIX=$(PREFIX) (DESTDIR, INSTALL_LMOD, INSTALL_CMOD, INSTALL_BIN and others)'
	@echo 'make uninstall  remove what make install put there, with the same variables'
	@echo 'make dist       write a source archive and its rockspec to build/dist; make deb: Debian packages to build/deb'
	@echo 'make test-rocks  make, pack, install and test a rock on Lua 5.1 to 5.4'
	@echo 'make test-deb   install, test and purge the Debian packages in a bare chroot'
	@echo 'make env        print the LUA_PATH and LUA_CPATH exports of the build tree: eval "$$(make -s env)"'
	@echo 'make lua-modules LUA=lua5.5  compile the modules for the specs that Debian does not package for a Lua'
	@echo 'make clean      remove build/'
	@echo 'make setup      install the packages that the build needs (Debian)'
	@echo 'make demo       set up, build, and run the examples over HTTPS against the emulator'
	@echo 'make emulator   run the emulator of both clouds in the foreground (EMULATOR_PORT=$(EMULATOR_PORT), SEED=FILE.json)'
	@echo 'make test       set up, build and run the specs on $(LUAS) (TESTS=spec/x_spec.lua: only those;'
	@echo '                GC=hard: with the garbage collector running as often as possible)'
	@echo 'make lint       luacheck, words of the project, gcc and clang with warnings as errors, clang-format, cppcheck'
	@echo 'make lint-architectures  compile the C sources for a 32-bit processor and for aarch64, with warnings as errors'
	@echo 'make reference  write the files that are derived from the operations: types/kms/operations, docs/reference, bin'
	@echo 'make lint-language  find words that the project does not use'
	@echo 'make cover      run the specs and print lines and branches that did not run'
	@echo 'make test-other-luas  run a tenth of the specs on $(OTHER_LUAS)'
	@echo 'make test-portable  run spec/transport with poll in place of epoll, and with SIGPIPE blocked'
	@echo 'make test-debian RELEASE=trixie  make test, or GOAL, in a chroot of a Debian release (root)'
	@echo 'make test-libcurl PREFIX=/opt/curl  run specs with the libcurl in PREFIX; test-openssl: with its OpenSSL'
	@echo 'make asan       run the specs under ASan and UBSan; make valgrind: specs of the C parts under valgrind'
	@echo 'make torture    fail each allocation of a call once, close objects in every order (MAX=$(MAX) per operation)'
	@echo 'make tsan       run several Lua states in several threads under TSan'
	@echo 'make fuzz       fuzz each of fuzz/targets for SECONDS=60 (TARGETS="http1 sign": only those)'
	@echo 'make bench      compare calls with libcurl alone in C; bench-peers: with other ways to make the call'
	@echo 'make bench-instructions  count the instructions of a call and of a signature'
	@echo 'make bench-parallel  measure many calls at once; bench-bulk: kms.bulk; bench-growth: by number of calls'
	@echo 'make bench-plots     draw the plots of docs/performance.md from bench/RESULTS.md'
	@echo 'make bench-list  compare a page of 1,000 keys with the JSON decoder'
	@echo 'make bench-nginx  measure the cost of calls for the other requests of an NGINX worker'
