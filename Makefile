# SPDX-License-Identifier: GPL-2.0-only
# For people. Kernel builds read Kbuild instead.

KDIR ?= $(or $(KERNELDIR),$(KSRC),/lib/modules/$(shell uname -r)/build)
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR)

.PHONY: all modules modules_install clean demo check bench docs help

all: modules

modules modules_install clean:
	@test -d "$(KDIR)" || { echo "ferry: no kernel headers at $(KDIR); install them or give KDIR=DIR" >&2; exit 1; }
	+$(kbuild) $@

demo:
	@scripts/demo.sh

check:
	@PARTS="$(PARTS)" SLOW="$(SLOW)" scripts/check.sh

bench:
	@scripts/bench.sh

docs:
	@scripts/docs.sh

help:
	@echo 'Ferry: messages between Linux and the other processors of a SoC'
	@echo
	@echo '  make demo             messages travel inside a stock arm64 kernel (QEMU)'
	@echo '  make check            every test; PARTS="kunit sparse" runs some, SLOW=1 adds long ones'
	@echo '  make bench            cost per message, table and plot'
	@echo '  make docs             the documentation as HTML'
	@echo
	@echo '  make                  all modules for KDIR (default: the running kernel)'
	@echo '  make modules_install  into INSTALL_MOD_PATH (default: /)'
	@echo '  make clean'
	@echo
	@echo '  KDIR=DIR              kernel headers or build tree (also KERNELDIR, KSRC)'
	@echo '  ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-   cross build; LLVM=1 for clang'
	@echo '  W=1 C=2               more warnings; sparse.  MO=DIR: objects elsewhere (6.13 on)'
	@echo
	@echo 'Kernels and logs are cached in $$FERRY_CACHE (default ~/.cache/ferry).'
	@echo 'Developers: scripts/kunit.sh [SUITE...] runs suites; scripts/build.sh TARGET builds one target.'
