// SPDX-License-Identifier: GPL-2.0-only
/* load.c - the BPF object, made to fit this kernel and this session. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "source/bpf/priv.h"
#include "cleave_times.h"
#include "cleave.skel.h"

/*
 * libbpf's first complaint is the cause; what follows only passes it on.  Of a
 * program, it begins with the program's name.
 */
static char libbpf_says[256];

static int keep_warning(enum libbpf_print_level level, const char *fmt,
			va_list ap)
{
	if (getenv("CLEAVE_DEBUG_LIBBPF")) {
		va_list copy;

		va_copy(copy, ap);
		vfprintf(stderr, fmt, copy);
		va_end(copy);
	}
	if (level == LIBBPF_WARN && !libbpf_says[0]) {
		vsnprintf(libbpf_says, sizeof(libbpf_says), fmt, ap);
		libbpf_says[strcspn(libbpf_says, "\n")] = '\0';
	}
	return 0;
}

/* The program that libbpf's complaint is about, "" if it is about none. */
static void complained_of(char *name, size_t len)
{
	const char *at = strstr(libbpf_says, "prog '");

	*name = '\0';
	if (at)
		snprintf(name, len, "%.*s", (int)strcspn(at + 6, "'"), at + 6);
}

/*
 * Can the kernel be preempted where it does not ask for it?  Kernels with
 * PREEMPT_DYNAMIC can be told so at boot and, in this file, later on; whoever does
 * it while we trace may find runs of our programs counted as missed.
 */
static bool preempts_itself(void)
{
	struct utsname uts;
	char modes[128] = "";
	FILE *f;

	if (!uname(&uts) && !strstr(uts.version, "PREEMPT"))
		return false;
	f = fopen("/sys/kernel/debug/sched/preempt", "re");
	if (f) {
		if (!fgets(modes, sizeof(modes), f))
			modes[0] = '\0';
		fclose(f);
	}
	return !strstr(modes, "(none)") && !strstr(modes, "(voluntary)");
}

/* A kprobe, made fentry. */
static void make_fentry(struct bpf_program *prog)
{
	const char *func = strchr(bpf_program__section_name(prog), '/') + 1;

	bpf_program__set_expected_attach_type(prog, BPF_TRACE_FENTRY);
	if (bpf_program__set_attach_target(prog, 0, func))
		bpf_program__set_autoload(prog, false);
	bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

/* These are there where the kernel and the processor have such pages. */
static unsigned int absent(void)
{
	unsigned int what = 0;
	struct utsname uts;

	if (!uname(&uts) && strstr(uts.version, "PREEMPT_RT"))
		what |= LOCKS_SLEEP;
	if (access("/sys/kernel/mm", F_OK))
		return what;
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK))
		what |= NO_THP;
	if (access("/sys/kernel/mm/hugepages", F_OK))
		what |= NO_HUGETLB;
	return what;
}

static int make_plan(struct bpf_priv *p, const struct backend_cfg *cfg)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return backend_fail(-errno, "cannot read the kernel's BTF: %s",
				    strerror(errno));
	plan_make(&p->plan, btf, absent() | (cfg->times ? 0 : NO_TIMES) |
		  (cfg->switches ? 0 : NO_SWITCHES),
		  cfg->pretend_missing);
	btf__free(btf);
	if (p->plan.too_old)
		return backend_fail(-EOPNOTSUPP,
				    "this kernel is too old for the BPF programs, which need 5.19: only since then copy_process() is told what a task starts with (kernel_clone_args.fn)");
	return 0;
}

/*
 * libbpf refuses the whole object where one target is missing, so the programs
 * of what this kernel lacks are left out.
 */
static void choose_progs(struct bpf_priv *p)
{
	/* For tests: a program that the kernel does not take. */
	const char *spoil = getenv("CLEAVE_DEBUG_SPOIL");
	int i;

	p->skel->rodata->no_preempt = !preempts_itself();
	p->skel->rodata->hugetlb_args = p->plan.hugetlb_args;
	p->skel->rodata->has_rdonly_cast = p->plan.has_rdonly_cast;
	p->skel->rodata->tells_execs = !p->plan.error[CLEAVE_HOOK_NEW_EXEC];
	for (i = 0; i < NR_PROGS; i++) {
		const struct prog_def *d = &prog_defs[i];
		struct bpf_program *prog;

		prog = bpf_object__find_program_by_name(p->skel->obj, d->name);
		bpf_program__set_autoload(prog, p->plan.load[i]);
		if (!p->plan.load[i])
			continue;
		if (d->flags & PROG_EITHER && p->skel->rodata->no_preempt)
			make_fentry(prog);
		if (spoil && !strcmp(spoil, d->name))
			bpf_program__set_type(prog, BPF_PROG_TYPE_SOCKET_FILTER);
	}
}

/* Several processes can live in one address space: vfork, CLONE_VM. */
#define PROCS_PER_AS	4

/* Address spaces of a whole system that a full ledger counts as lost but once. */
#define MAX_NO_ROOM	32768

static int size_times(struct cleave_bpf *skel, const struct backend_cfg *cfg)
{
	__u32 cells = cfg->times ? cleave_time_cells(cfg->max_as) : 1;

	skel->rodata->want_times = cfg->times;
	skel->rodata->max_cells = cells;
	return bpf_map__set_max_entries(skel->maps.slot_times, cfg->times ? cfg->max_as : 1) ||
	       bpf_map__set_max_entries(skel->maps.time_cells, cells) ||
	       bpf_map__set_max_entries(skel->maps.cell_free, cells) ||
	       bpf_map__set_max_entries(skel->maps.clock_by_pid, cfg->times ?
			bpf_map__max_entries(skel->maps.fault_by_pid) : 1);
}

static int size_maps(struct bpf_priv *p, const struct backend_cfg *cfg)
{
	struct cleave_bpf *skel = p->skel;
	struct stat st;

	p->max_as = cfg->max_as;
	p->times = cfg->times;
	skel->rodata->max_as = cfg->max_as;
	skel->rodata->trace_all = cfg->all;
	skel->rodata->want_breaks = cfg->breaks;
	skel->rodata->want_each = cfg->breaks || cfg->times;
	skel->rodata->no_args = cfg->no_args;
	skel->rodata->want_switches = cfg->switches;
	skel->rodata->pick_cgroup = cfg->cgroup;
	skel->rodata->pick_by_uid = cfg->by_uid;
	skel->rodata->pick_uid = cfg->uid;
	skel->rodata->nr_cpus = libbpf_num_possible_cpus();
	if (!stat("/proc/self/ns/pid", &st))
		skel->rodata->reader_ns = st.st_ino;
	if (bpf_map__set_max_entries(skel->maps.ring, cfg->ring_size) ||
	    bpf_map__set_max_entries(skel->maps.as_index, cfg->max_as) ||
	    bpf_map__set_max_entries(skel->maps.as_pool, cfg->max_as) ||
	    bpf_map__set_max_entries(skel->maps.as_free, cfg->max_as) ||
	    bpf_map__set_max_entries(skel->maps.no_room, cfg->all ? MAX_NO_ROOM : 1) ||
	    bpf_map__set_max_entries(skel->maps.procs, cfg->max_as * PROCS_PER_AS) ||
	    bpf_map__set_max_entries(skel->maps.proc_switches,
				     cfg->switches ? cfg->max_as * PROCS_PER_AS : 1) ||
	    size_times(skel, cfg))
		return backend_fail(-EINVAL, "cannot size the BPF maps");
	return 0;
}

static int load_once(struct bpf_priv *p, const struct backend_cfg *cfg)
{
	int err;

	libbpf_says[0] = '\0';
	p->skel = cleave_bpf__open();
	if (!p->skel)
		return backend_fail(-errno, "cannot open the BPF object: %s",
				    libbpf_says);
	choose_progs(p);
	err = size_maps(p, cfg);
	if (err)
		return err;
	err = cleave_bpf__load(p->skel);
	if (!err)
		return 0;
	return backend_fail(err, "the kernel does not take the BPF programs (%s): %s%s",
			    strerror(-err), libbpf_says,
			    err == -EPERM || err == -EACCES ? bpf_why_not() : "");
}

/* Of one program only, not of all there are? */
static bool concerns_one(int err)
{
	return err != -EPERM && err != -ENOMEM && err != -EMFILE && err != -ENFILE;
}

/* A program that does not load takes its hook away, not the others. */
int bpf_load(struct bpf_priv *p, const struct backend_cfg *cfg)
{
	char name[64];
	int err;

	libbpf_set_print(keep_warning);
	err = make_plan(p, cfg);
	if (err)
		return err;
	for (;;) {
		err = load_once(p, cfg);
		complained_of(name, sizeof(name));
		if (!err || !concerns_one(err) || !plan_drop(&p->plan, name, -err))
			return err;
		cleave_bpf__destroy(p->skel);
	}
}
