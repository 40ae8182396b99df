# SPDX-License-Identifier: GPL-2.0-only
#
#   make			user/cleave, the command with its BPF programs
#   make modules	cleave.ko for the running kernel, or KDIR=...
#   make demo		see it at work in a virtual machine (sets up first)
#   make check		the tests before a commit (sets up first, as the next two)
#   make check-full	what CI runs: all tests on 6.1, 6.12, 7.3 and the debug kernel
#   make check-all	all there is on all kernels; goes on where it was interrupted
#   make unit		the tests that need no kernel
#   make kunit		cleave-kunit.ko, or cleave-selftest.ko without CONFIG_KUNIT
#   make check-kcsan	system and stress tests on a kernel that looks for data races
#   make kunit-check	its suites, in the debug kernel under KUnit and in the others
#   make bench		what tracing costs, in instructions, beside other tracers
#   make lint		static checks
#   make docs		what Documentation/ has of the schema of events
#   make manual	manual pages and completions, in build/
#   make install	the command, its manual and completions, and the module's sources
#			for DKMS: DESTDIR, PREFIX (/usr/local), and the directories below
#   make uninstall	takes away what the same call of make install has brought
#   make clean

KDIR ?= /lib/modules/$(shell uname -r)/build
CLANG ?= clang
BPFTOOL ?= bpftool
LLVM_STRIP ?= $(shell command -v llvm-strip llvm-strip-14 2>/dev/null | head -1)
PKGS := libbpf json-c libelf libzstd zlib ncursesw

# CPPFLAGS, CFLAGS and LDFLAGS are the caller's, and come after what is needed.
CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes
NEEDED := -std=gnu11 -D_GNU_SOURCE -Imodule/include -Iuser -Ibuild/user
# The same files whatever folder they are built in.
ANYWHERE := -ffile-prefix-map=$(CURDIR)=.

SRCS := $(wildcard user/*/*.c user/source/bpf/*.c)
SRCS := $(filter-out user/bpf/%,$(SRCS))
OBJS := $(SRCS:user/%.c=build/user/%.o)
BPF_DEPS := $(wildcard user/bpf/*.[ch]) $(wildcard module/include/*.h)

all: user/cleave

user/cleave: $(OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs $(PKGS))

build/user/%.o: user/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(NEEDED) $(WARN) $(ANYWHERE) $(shell pkg-config --cflags $(PKGS)) \
		$(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(filter build/user/source/bpf/%,$(OBJS)): build/user/cleave.skel.h

build/user/cleave.skel.h: build/user/cleave.bpf.o
	$(BPFTOOL) gen skeleton $< name cleave_bpf > $@.tmp
	mv $@.tmp $@

# The debug sections are for the BTF; only that is kept.
build/user/cleave.bpf.o: user/bpf/cleave.bpf.c $(BPF_DEPS) Makefile | build/user
	$(CLANG) -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_x86 -Wall $(ANYWHERE) \
		-Imodule/include -Iuser/bpf -c -o $@.tmp $<
	$(if $(LLVM_STRIP),$(LLVM_STRIP) -g $@.tmp)
	mv $@.tmp $@

build/user:
	mkdir -p $@

-include $(OBJS:.o=.d)

# --- manual pages and completions, of the tables that the command itself has

VERSION = $(shell sed -n 's/.*CLEAVE_VERSION.*"\(.*\)"/\1/p' module/include/cleave_version.h)
DATE = $(shell sed -n 's/^\#\# [^,]*, //p' Documentation/changelog.md | head -1)
COMMANDS := trace record report watch flags doctor
MAN := build/man
COST := Documentation/cost-6.12.md
READER := Documentation/cost-reader.md
PAGES := $(MAN)/cleave.1 $(COMMANDS:%=$(MAN)/cleave-%.1) $(MAN)/cleave.4 $(MAN)/cleave-figures.7
COMPLETIONS := build/completion/bash build/completion/zsh build/completion/fish

manual: $(PAGES) $(COMPLETIONS)

# Of all commands, each line with the command that it is of; "-": cleave itself.
build/tables: user/cleave
	{ user/cleave --tables | sed 's/^/-\t/' && for c in $(COMMANDS); do \
		user/cleave $$c --tables | sed "s/^/$$c\t/" || exit 1; done; } >$@.tmp
	mv $@.tmp $@

$(MAN)/cleave.1 $(MAN)/cleave-%.1: PAGE = $(patsubst cleave-%,%,$(patsubst cleave,-,$(basename $(@F))))
$(MAN)/%.1: Documentation/man/page.awk build/tables Documentation/man/%.1.in \
		Documentation/changelog.md $(COST) $(READER)
	@mkdir -p $(@D)
	awk -f $< -v cmd=$(PAGE) -v date="$(DATE)" -v cost=$(COST) -v reader=$(READER) \
		build/tables Documentation/man/$*.1.in >$@

$(MAN)/cleave.4: Documentation/man/cleave.4.in Documentation/changelog.md \
		module/include/cleave_version.h
	@mkdir -p $(@D)
	sed 's/@DATE@/$(DATE)/; s/@VERSION@/$(VERSION)/' $< >$@

$(MAN)/cleave-figures.7: Documentation/man/figures.awk Documentation/figures.md \
		Documentation/changelog.md module/include/cleave_version.h
	@mkdir -p $(@D)
	awk -f $< -v date="$(DATE)" -v version=$(VERSION) Documentation/figures.md >$@

build/completion/%: completion/completion.awk build/tables completion/%.in
	@mkdir -p $(@D)
	awk -f $< -v shell=$* build/tables completion/$*.in >$@

# --- installing

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
BASHDIR ?= $(DATADIR)/bash-completion/completions
ZSHDIR ?= $(DATADIR)/zsh/site-functions
FISHDIR ?= $(DATADIR)/fish/vendor_completions.d
DOCDIR ?= $(DATADIR)/doc/cleave
EXAMPLEDIR ?= $(DOCDIR)/examples
# Those of a distribution have places of their own.
DOCS ?= COPYING Documentation/changelog.md
# DKMS looks nowhere else.
DKMSDIR ?= /usr/src
DKMSTREE = $(DKMSDIR)/cleave-$(VERSION)

# Each file and where it goes: install and uninstall have one list.
DATA_FILES = \
	$(foreach p,$(PAGES),$(p):$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p))) \
	build/completion/bash:$(BASHDIR)/cleave build/completion/zsh:$(ZSHDIR)/_cleave \
	build/completion/fish:$(FISHDIR)/cleave.fish \
	Documentation/examples/90-cleave.rules:$(EXAMPLEDIR)/90-cleave.rules \
	$(foreach d,$(DOCS),$(d):$(DOCDIR)/$(notdir $(d)))
MODULE_FILES = $(foreach f,Kbuild $(sort $(wildcard module/*.[ch] module/include/*.h)), \
	$(f):$(DKMSTREE)/$(f))
install_data = install -D -m 644 $(subst :, "$(DESTDIR),$(1))"$(newline)
define newline


endef

# Sources of the package's are not written over.
not_the_package = @! dpkg -S "$(DKMSTREE)/dkms.conf" >/dev/null 2>&1 || \
	{ echo "make: the package cleave-dkms has $(DKMSTREE): remove that first" >&2; exit 1; }

install: install-command install-dkms

install-command: user/cleave manual
	install -D -m 755 user/cleave "$(DESTDIR)$(BINDIR)/cleave"
	$(foreach f,$(DATA_FILES),$(call install_data,$(f)))

install-dkms:
	$(if $(DESTDIR),,$(not_the_package))
	$(foreach f,$(MODULE_FILES),$(call install_data,$(f)))
	sed 's/#MODULE_VERSION#/$(VERSION)/' dkms.conf >"$(DESTDIR)$(DKMSTREE)/dkms.conf"
	chmod 644 "$(DESTDIR)$(DKMSTREE)/dkms.conf"

# Directories that are cleave's alone go, too.
uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/cleave" $(foreach f,$(DATA_FILES), \
		"$(DESTDIR)$(lastword $(subst :, ,$(f)))")
	for d in $(EXAMPLEDIR) $(DOCDIR); do \
		[ ! -d "$(DESTDIR)$$d" ] || rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$d"; done
	scripts/uninstall-dkms "$(DESTDIR)" "$(DKMSDIR)"

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install

kunit:
	$(MAKE) -C $(KDIR) M=$(CURDIR) CLEAVE_TESTS=y modules

setup:
	scripts/setup

demo:
	scripts/demo

check:
	scripts/check

check-full:
	scripts/check full

check-all:
	scripts/check all

unit:
	tests/run unit

kunit-check: setup
	tests/run kunit

DOC_SRCS := tests/docs/schema_doc.c user/core/schema.c user/core/flags.c \
	user/lib/json.c user/lib/utf8.c

docs:
	@mkdir -p build/tests
	$(CC) $(NEEDED) $(WARN) $(CPPFLAGS) $(CFLAGS) -DSCHEMA_DOC_MAIN -o build/tests/schema_doc \
		$(DOC_SRCS)
	cd Documentation && $(CURDIR)/build/tests/schema_doc

lint:
	tests/run lint

check-kcsan: setup
	tests/run system stress --kernel kcsan

bench: setup
	tests/bench/run 6.1 6.12 7.3

clean:
	rm -rf build user/cleave
	rm -f module/*.o module/.*.cmd module/tests/*.o module/tests/.*.cmd *.o *.ko *.mod *.mod.c .*.cmd \
		Module.symvers modules.order .modules.order .Module.symvers

.PHONY: all modules modules_install kunit setup demo check check-full check-all unit \
	kunit-check check-kcsan bench lint docs manual install install-command \
	install-dkms uninstall clean
.DELETE_ON_ERROR:
