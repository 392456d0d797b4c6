#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Looks for every kind of report a kernel makes about a bug, in the log of a
# guest. Prints them and exits 1 when there are any.
#
#   log-scan.sh FILE...
#   log-scan.sh --self-test    each kind is found, each harmless line is not

set -euo pipefail

REPORTS='(^|[^[:alnum:]_])(BUG|WARNING|Oops|KASAN|UBSAN|KFENCE|KCSAN|DMA-API|ODEBUG|INFO: task|INFO: rcu|INFO: possible|INFO: trying to register)[: ]'
REPORTS+='|Call Trace|Call trace|cut here|Kernel panic|general protection fault|Unable to handle kernel'
REPORTS+='|Modules linked in|segfault at|Segmentation fault|unreferenced object|memory leaks? \(see|inconsistent lock state'
REPORTS+='|suspicious RCU usage|possible circular locking|possible recursive locking|sleeping function called'
REPORTS+='|scheduling while atomic|blocked for more than|hung task|soft lockup|hard LOCKUP|rcu.*detected stall|self-detected stall'
REPORTS+='|debug_objects|refcount_t:|list_(add|del) corruption|Bad page state|nobody cared|stack-protector|Internal error'
REPORTS+='|Disabling lock debugging|held lock freed|bad unlock balance|still has locks held|lock held when returning'
REPORTS+='|unexpectedly (un)?used|invalid wait context|page allocation failure|double free|Object already free|kobject_add_internal failed'
REPORTS+='|sysfs: cannot create duplicate|UAF|use-after-free|out-of-bounds|left leaked|Unbalanced|Trying to free already-free IRQ'

# Lines with bad words that mean nothing bad:
# - modules that are not signed or not in the tree say so when loaded
# - an overlay that adds #address-cells; UML asked to be quiet
# - qemu's slowness: a late timer is no bug of ours
# - debugging is started with a line that names itself
# - an allocation that a test made fail
HARMLESS='module verification failed|loading out-of-tree module|taints kernel'
HARMLESS+='|OF: overlay: WARNING: memory leak will occur|setup_one_line failed|the quality is unknown'
HARMLESS+='|hrtimer: interrupt took'
HARMLESS+='|kobject_add_internal failed for .* \(error: -12 '
HARMLESS+='|DMA-API: (preallocated|debugging enabled)|ODEBUG: selftest passed|debug_objects: selftest|KASAN(Info|: )?.*initialized'
HARMLESS+='|Kernel command line:|Unknown kernel command line parameters|FERRY> '

scan() {
	tr -d '\r' <"$1" | grep -nE "$REPORTS" | grep -vE "$HARMLESS"
}

check_file() {
	local found first
	found=$(scan "$1" || true)
	[ -n "$found" ] || return 0
	first=${found%%:*}
	echo "ferry: the kernel reported, $(wc -l <<<"$found") lines, the first with what follows:"
	sed -n "$first,$((first + 5))p" "$1" | tr -d '\r' | sed 's/^/    /'
	# Of a long trace what is ours.
	sed -n "$((first + 6)),$((first + 90))p" "$1" | tr -d '\r' |
		grep -E '\[(ferry[a-z_]*|[a-z_]*_kunit)\]' | head -n 12 | sed 's/^/    /' || true
	echo "ferry: line $first of $1"
	return 1
}

self_test() {
	local line bad=0
	tmp=$(mktemp)
	trap 'rm -f "$tmp"' EXIT
	while IFS= read -r line; do
		printf 'boot\n%s\nend\n' "$line" >"$tmp"
		check_file "$tmp" >/dev/null && { echo "not found: $line"; bad=1; }
	done <<'EOF'
[    1.0] BUG: KASAN: slab-use-after-free in foo+0x1/0x2
[    1.0] WARNING: CPU: 0 PID: 1 at foo.c:1 foo+0x1/0x2
[    1.0] WARNING: foo.c:1 at foo+0x1/0x2, CPU#0: x/1
[    1.0] WARNING: possible circular locking dependency detected
[    1.0] Oops: 0000 [#1]
[    1.0] Internal error: Oops: 0000000096000004 [#1] SMP
[    1.0] Unable to handle kernel NULL pointer dereference at virtual address 0
[    1.0] UBSAN: shift-out-of-bounds in foo.c:1:1
[    1.0] BUG: sleeping function called from invalid context at foo.c:1
[    1.0] BUG: scheduling while atomic: a/1/0x2
[    1.0] DMA-API: ferry 0: device driver frees DMA memory it has not allocated
[    1.0] INFO: task a:1 blocked for more than 120 seconds.
[    1.0] rcu: INFO: rcu_preempt self-detected stall on CPU
[    1.0] ODEBUG: free active (active state 0) object type: timer_list
[    1.0] kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
unreferenced object 0xffff (size 64):
[    1.0] refcount_t: underflow; use-after-free.
[    1.0] list_add corruption. prev->next should be next
[    1.0] irq 5: nobody cared (try booting with the "irqpoll" option)
[    1.0] Kernel panic - not syncing: x
[    1.0] WARNING: suspicious RCU usage
[    1.0] INFO: trying to register non-static key.
[    1.0] watchdog: BUG: soft lockup - CPU#0 stuck for 22s!
EOF
	while IFS= read -r line; do
		printf '%s\n' "$line" >"$tmp"
		check_file "$tmp" || { echo "not harmless: $line"; bad=1; }
	done <<'EOF'
[    1.0] hrtimer: interrupt took 1234 ns
[    1.0] ferry: module verification failed: signature and/or required key missing - tainting kernel
[    1.0] ferry: loading out-of-tree module taints kernel.
[    1.0] OF: overlay: WARNING: memory leak will occur if overlay removed, property: /x
[    1.0] DMA-API: preallocated 65536 debug entries
[    1.0] DMA-API: debugging enabled by kernel config
[    1.0] ODEBUG: selftest passed
[    1.0] ferry: link sim: crashed: watchdog
[    1.0]     # debug_case: pass
EOF
	return "$bad"
}

case ${1:-} in
--self-test) self_test ;;
"") echo "usage: $0 FILE...|--self-test" >&2; exit 2 ;;
*)
	rc=0
	for f in "$@"; do
		check_file "$f" || rc=1
	done
	exit "$rc"
	;;
esac
