// SPDX-License-Identifier: GPL-2.0-only
/*
 * cleave.bpf.c - the probes of the BPF backend.  What they mean stands in
 * cleave_rules.h; here, and in what is included, is where the facts are read.
 *
 * Where a program runs decides whether it runs at all.  A trampoline program
 * (fentry, fexit, tp_btf) that is preempted blocks itself on that CPU: BPF takes
 * the next task that comes to it for a recursion and skips it.  A kernel that
 * preempts itself (7.x does, lazily) would lose events that way.  So
 * - what runs under a page table lock, where nothing preempts, is fentry: cheap
 *   (a kprobe on PREEMPT_RT, where such locks sleep);
 * - what runs where the kernel can be preempted is a kprobe: these run with
 *   preemption off;
 * - a return can only be fexit; behind each that matters stands a kprobe on what
 *   the kernel calls next ("net"), which does the work if the fexit was skipped.
 *   (It is, too, for who is inside the function when anybody attaches another
 *   program to it: bpf_tramp_image_put() leads him around the fexit programs.)
 * Where the kernel does not preempt itself (no_preempt), the loader attaches the
 * kprobes as fentry, too, which is a third of the price.
 */
#define CLEAVE_BPF
#include "kernel_types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "cleave_abi.h"
#include "cleave_rules.h"
#include "cleave_times.h"
#include "x86.bpf.h"
#include "read.bpf.h"
#include "entry.bpf.h"
#include "times.bpf.h"
#include "switches.bpf.h"
#include "procs.bpf.h"
#include "ledger.bpf.h"
#include "record.bpf.h"
#include "mm.bpf.h"
#include "cgroup.bpf.h"
#include "pid.bpf.h"
#include "exit.bpf.h"
#include "met.bpf.h"
#include "adopt.bpf.h"
#include "fault.bpf.h"
#include "timed.bpf.h"
#include "caller.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* One object of them all, by the subjects of the module's files. */
#include "fault.c"
#include "clone.c"
#include "exec.c"
#include "exit.c"
#include "adopt.c"
#include "switch.c"
