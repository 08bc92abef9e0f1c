# Installs and removes the library, and makes its packages. A part of the Makefile, which gives its variables and modules.

PREFIX  ?= /usr/local
DESTDIR ?=
INSTALL ?= install

# Folders below DESTDIR. An empty INSTALL_X leaves out the files of X.
INSTALL_LMOD ?= $(PREFIX)/share/lua/$(LUA_ABI)
INSTALL_CMOD ?= $(PREFIX)/lib/lua/$(LUA_ABI)
INSTALL_BIN  ?= $(PREFIX)/bin
INSTALL_MAN  ?= $(PREFIX)/share/man/man1
INSTALL_PC   ?= $(PREFIX)/lib/pkgconfig
INSTALL_BASH_COMPLETION ?= $(PREFIX)/share/bash-completion/completions
INSTALL_ZSH_COMPLETION  ?= $(PREFIX)/share/zsh/site-functions
INSTALL_FISH_COMPLETION ?= $(PREFIX)/share/fish/vendor_completions.d

# kms._VERSION is the only place that has the version.
VERSION = $(shell sed -n 's/.*_VERSION = "\([^"]*\)".*/\1/p' lua/kms/init.lua)

LUA_MODULES = $(patsubst lua/%,%,$(shell find lua -name '*.lua' | LC_ALL=C sort))

# The server of the emulator, which the command kms starts.
SERVER_FILES = tools/nginx tools/certificates tools/emulator/serve tools/emulator/nginx.conf tools/emulator/handler.lua

# Files that `make install` writes with the paths of the installation.
WRITTEN = $(TREE)/install
PC_NAME = lua$(LUA_ABI)-kms

# Prints one line per installed file: its mode, its source and its place below DESTDIR, separated by "|". Both install and
# uninstall read it.
row = $(if $(2),printf '%s|%s|%s\n' $(1) "$(3)" "$(2)/$(4)";)
define list_installed
for module in $(MODULES); do $(call row,755,$(INSTALL_CMOD),$(TREE)/$$module.so,$$module.so) done; \
for file in $(LUA_MODULES); do $(call row,644,$(INSTALL_LMOD),lua/$$file,$$file) done; \
for file in $(SERVER_FILES); do mode=644; [ ! -x $$file ] || mode=755; \
  $(call row,$$mode,$(INSTALL_LMOD),$$file,kms/emulator/server/$$file) done; \
$(call row,755,$(INSTALL_BIN),$(WRITTEN)/kms,kms) \
$(call row,644,$(INSTALL_MAN),bin/kms.1,kms.1) \
$(call row,644,$(INSTALL_PC),$(WRITTEN)/kms.pc,$(PC_NAME).pc) \
$(call row,644,$(INSTALL_BASH_COMPLETION),bin/completions/kms.bash,kms) \
$(call row,644,$(INSTALL_ZSH_COMPLETION),bin/completions/kms.zsh,_kms) \
$(call row,644,$(INSTALL_FISH_COMPLETION),bin/completions/kms.fish,kms.fish) :
endef

.PHONY: install
install: all write-installed
	$(call require_tool,$(INSTALL),INSTALL)
	@{ $(list_installed); } | while IFS='|' read -r mode source target; do \
	  $(INSTALL) -d "$(DESTDIR)$${target%/*}" && $(INSTALL) -m "$$mode" "$$source" "$(DESTDIR)$$target" || exit 1; \
	done

# Removes what this version installs, and the folders of the project that are empty then.
.PHONY: uninstall
uninstall:
	@{ $(list_installed); } | while IFS='|' read -r mode source target; do rm -f "$(DESTDIR)$$target" || exit 1; done
	@for folder in "$(DESTDIR)$(INSTALL_CMOD)/kms" "$(DESTDIR)$(INSTALL_LMOD)/kms"; do \
	  [ ! -d "$$folder" ] || find "$$folder" -depth -type d -empty -delete || exit 1; \
	done

# In a pkg-config file, paths below PREFIX follow its variable prefix.
pc_path = $(subst $(PREFIX)/,$${prefix}/,$(1))
define PC
prefix=$(PREFIX)
lua_abi=$(LUA_ABI)
lmod=$(call pc_path,$(INSTALL_LMOD))
cmod=$(call pc_path,$(INSTALL_CMOD))
lua_path=$${lmod}/?.lua;$${lmod}/?/init.lua
lua_cpath=$${cmod}/?.so

Name: lua-kms
Description: Huawei Cloud KMS and NAVER Cloud KMS for programs that embed Lua
URL: https://github.com/lua-kms/lua-kms
Version: $(VERSION)
Requires: $(if $(LUA_INCDIR),,$(LUA_PC))
endef

define COMMAND
#!$(shell command -v $(LUA))
package.path = "$(INSTALL_LMOD)/?.lua;$(INSTALL_LMOD)/?/init.lua;" .. package.path
package.cpath = "$(INSTALL_CMOD)/?.so;" .. package.cpath
endef

.PHONY: write-installed
write-installed: export PC_TEXT = $(PC)
write-installed: export COMMAND_TEXT = $(COMMAND)
write-installed:
	@mkdir -p $(WRITTEN)
	@printf '%s\n' "$$PC_TEXT" > $(WRITTEN)/kms.pc
	@{ printf '%s\n' "$$COMMAND_TEXT" && tail -n +2 bin/kms; } > $(WRITTEN)/kms

# A source archive with all files of the project, and its rockspec. The same sources give the same bytes. It needs no Git.
.PHONY: dist
dist:
	@tools/dist $(VERSION) $(BUILD)/dist

# Makes, packs and installs a rock on each Lua version.
.PHONY: test-rocks
test-rocks:
	tools/install-deps rocks
	@tools/test-rocks $(VERSION) $(BUILD)/test-rocks 5.1 5.2 5.3 5.4

# Debian packages of all Luas of Debian and of the command.
.PHONY: deb
deb:
	tools/install-deps deb
	@tools/package-debian $(VERSION) $(BUILD)/deb

# Builds the Debian packages without network, installs, tests and purges them in a bare chroot. As root; some minutes.
.PHONY: test-deb
test-deb:
	tools/install-deps deb autopkgtest
	@tools/test-debian-packages $(VERSION) $(BUILD)/test-deb
