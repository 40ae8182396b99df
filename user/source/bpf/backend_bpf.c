// SPDX-License-Identifier: GPL-2.0-only
/* backend_bpf.c - load, attach and read the BPF programs of cleave.bpf.c. */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "source/backend.h"
#include "lib/clock.h"
#include "source/bpf/detach.h"
#include "cleave_rules.h"
#include "cleave.skel.h"

#define VARIANTS	2
#define PROGS		2
#define NETS		2

/**
 * struct variant - one way to attach a hook
 * @func: kernel function, where it is not the hook's name
 * @one_arg: for the function as it takes one argument
 * @either: its kprobes can be attached as fentry as well
 * @prog: programs, in order of attaching
 * @net: those that make up for a skipped run of the first; done without where
 *	they cannot be attached
 */
struct variant {
	const char *func;
	bool one_arg;
	bool either;
	const char *prog[PROGS];
	const char *net[NETS];
};

/*
 * The first variant that the kernel has and that can be attached is taken.
 * Kprobes stand in for functions with more arguments than the kernel's BPF
 * trampolines pass on (six before 6.6).
 */
static const struct variant variants[CLEAVE_NR_HOOKS][VARIANTS] = {
	[CLEAVE_HOOK_NEW_RMAP] = {
		{ .prog = { "new_rmap_folio" } },
		{ "page_add_new_anon_rmap", .prog = { "new_rmap_page" } },
	},
	[CLEAVE_HOOK_HUGETLB_RMAP] = {
		{ .prog = { "hugetlb_rmap" } },
		{ "hugepage_add_new_anon_rmap", .prog = { "hugetlb_rmap_page" } },
	},
	[CLEAVE_HOOK_SET_ACCESS] = { { .prog = { "set_access" } } },
	[CLEAVE_HOOK_PMD_SET_ACCESS] = { { .prog = { "pmd_set_access" } } },
	[CLEAVE_HOOK_SPLIT_PMD] = { { .either = true, .prog = { "split_pmd" } } },
	[CLEAVE_HOOK_DEPOSIT] = { { .prog = { "deposit" } } },
	[CLEAVE_HOOK_WP_PAGE] = { { .prog = { "wp_enter" } } },
	[CLEAVE_HOOK_HUGE_WP] = {
		{ .either = true, .prog = { "huge_wp_exit", "huge_wp_enter" } },
	},
	[CLEAVE_HOOK_HUGETLB_WP] = {
		{ .one_arg = true, .prog = { "hugetlb_exit", "hugetlb_enter" } },
		{ .prog = { "hugetlb_kexit", "hugetlb_kenter" } },
	},
	[CLEAVE_HOOK_COPY_HUGE_PMD] = {
		{ .prog = { "copy_huge_exit" } },
		{ .prog = { "copy_huge_kexit", "copy_huge_kenter" } },
	},
	[CLEAVE_HOOK_COPY_RANGE] = { { .either = true, .prog = { "copy_range" } } },
	[CLEAVE_HOOK_DUP_MMAP] = { { .either = true, .prog = { "dup_mmap" } } },
	[CLEAVE_HOOK_EXIT_MMAP] = { { .either = true, .prog = { "mm_exit" } } },
	[CLEAVE_HOOK_EXIT_TASK] = {
		{ .prog = { "task_exit" }, .net = { "task_gone" } },
	},
	[CLEAVE_HOOK_FOLLOW_EXEC] = { { .prog = { "follow_exec" } } },
	[CLEAVE_HOOK_EXECVE] = { { .prog = { "execve_exit" } } },
	[CLEAVE_HOOK_EXECVEAT] = { { .prog = { "execveat_exit" } } },
	[CLEAVE_HOOK_NEW_EXEC] = {
		{ .either = true, .prog = { "exec_exit", "exec_enter" },
		  .net = { "exec_set_up" } },
	},
	[CLEAVE_HOOK_COPY_PROCESS] = {
		{ .either = true, .prog = { "clone_exit", "clone_enter" },
		  .net = { "clone_woken", "clone_failed" } },
	},
};

struct bpf_priv {
	struct cleave_bpf *skel;
	struct cleave_as *pool;		/* the ledger's entries, mapped */
	size_t pool_len;
	unsigned int max_as;
	struct bpf_link *links[CLEAVE_NR_HOOKS][PROGS + NETS];
	unsigned long long missed_base;
	unsigned long long missed;
};

/* libbpf's first complaint is the cause; what follows only passes it on. */
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

/* CapEff of /proc/self/status, 0 where it cannot be read. */
static unsigned long long capabilities(void)
{
	unsigned long long caps = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	if (f)
		fclose(f);
	return caps;
}

/*
 * Debian's kernels know a level 3 of this sysctl, at which perf_event_open(2), and
 * so every kprobe, is for CAP_SYS_ADMIN alone.
 */
static int check_paranoid(void)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int level = 0;

	if (f) {
		if (fscanf(f, "%d", &level) != 1)
			level = 0;
		fclose(f);
	}
	if (level < 3)
		return 0;
	return backend_fail(-EPERM, "BPF may not be used: kernel.perf_event_paranoid is %d, which keeps kprobes for root; be root, or set it to 2",
			    level);
}

/* CAP_SYS_ADMIN stands for both, as in bpf_capable() and perfmon_capable(). */
static int check_capabilities(void)
{
	unsigned long long caps = capabilities();
	bool admin = caps & (1ULL << CAP_SYS_ADMIN);
	bool bpf = admin || caps & (1ULL << CAP_BPF);
	bool perfmon = admin || caps & (1ULL << CAP_PERFMON);
	static const char *const missing[2][2] = {
		{ "CAP_BPF and CAP_PERFMON are", "CAP_BPF is" },
		{ "CAP_PERFMON is", NULL },
	};

	if (bpf && perfmon)
		return admin ? 0 : check_paranoid();
	return backend_fail(-EPERM, "BPF may not be used: %s missing; be root, or have these two capabilities",
			    missing[bpf][perfmon]);
}

static int bpf_probe(void)
{
	int err = check_capabilities();
	int fd;

	if (err)
		return err;
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return backend_fail(-ENOENT,
				    "this kernel has no BTF (/sys/kernel/btf/vmlinux): use the module");
	fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "cleave_probe", 0, 0,
			    getpagesize(), NULL);
	if (fd < 0)
		return backend_fail(-errno,
				    "BPF cannot be used here, though the capabilities are there: %s",
				    strerror(errno));
	close(fd);
	return 0;
}

/* Arguments of a kernel function by its BTF, -1 where it has none. */
static int func_args(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	const struct btf_type *t;

	if (id < 0)
		return -1;
	t = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	return t ? (int)btf_vlen(t) : -1;
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

/* A kprobe, made fentry if it can be and the kernel has the function. */
static void make_fentry(struct bpf_program *prog)
{
	const char *func = strchr(bpf_program__section_name(prog), '/') + 1;

	if (bpf_program__type(prog) != BPF_PROG_TYPE_KPROBE)
		return;
	bpf_program__set_expected_attach_type(prog, BPF_TRACE_FENTRY);
	if (bpf_program__set_attach_target(prog, 0, func))
		bpf_program__set_autoload(prog, false);
	bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
}

static void choose_prog(struct cleave_bpf *skel, const char *name, bool on,
			bool either)
{
	struct bpf_program *prog =
		bpf_object__find_program_by_name(skel->obj, name);

	bpf_program__set_autoload(prog, on);
	if (on && either && skel->rodata->no_preempt)
		make_fentry(prog);
}

/* Can this variant be tried on this kernel?  Its programs are loaded if so. */
static bool choose_variant(struct cleave_bpf *skel, const struct btf *btf,
			   int hook, const struct variant *v, bool pretend)
{
	const char *func = v->func ?: hook_names[hook];
	int i, args = func_args(btf, func);
	bool on = args >= 0 && !pretend && (!v->one_arg || args == 1);

	if (hook == CLEAVE_HOOK_EXIT_TASK || hook == CLEAVE_HOOK_FOLLOW_EXEC)
		on = !pretend;	/* tracepoints are no functions in BTF */
	for (i = 0; i < PROGS && v->prog[i]; i++)
		choose_prog(skel, v->prog[i], on, v->either);
	for (i = 0; i < NETS && v->net[i]; i++)
		choose_prog(skel, v->net[i], on, true);
	return on && v->prog[0];
}

/*
 * libbpf refuses the whole object where one target is missing, so the programs
 * of what this kernel lacks are left out and the hook is reported.
 */
static int choose_progs(struct backend *b, struct bpf_priv *p,
			const struct backend_cfg *cfg)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int i, v;

	if (!btf)
		return backend_fail(-errno, "cannot read the kernel's BTF: %s",
				    strerror(errno));
	p->skel->rodata->no_preempt = !preempts_itself();
	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		bool pretend = cfg->pretend_missing &&
			       !strcmp(cfg->pretend_missing, hook_names[i]);

		b->hooks[i].needed = variants[i][0].prog[0];
		b->hooks[i].error = b->hooks[i].needed ? ENOENT : EOPNOTSUPP;
		b->hooks[i].also = hook_bpf_figures[i];
		for (v = 0; v < VARIANTS; v++)
			if (choose_variant(p->skel, btf, i, &variants[i][v],
					   pretend))
				b->hooks[i].error = 0;
	}
	if (func_args(btf, "kernel_clone") < 0)
		bpf_program__set_autoload(p->skel->progs.clone_failed, false);
	p->skel->rodata->has_rdonly_cast = func_args(btf, "bpf_rdonly_cast") == 2;
	btf__free(btf);
	return 0;
}

static int size_maps(struct bpf_priv *p, const struct backend_cfg *cfg)
{
	struct cleave_bpf *skel = p->skel;
	struct stat st;

	skel->rodata->max_as = cfg->max_as;
	skel->rodata->trace_all = cfg->all;
	skel->rodata->want_breaks = cfg->breaks;
	skel->rodata->nr_cpus = libbpf_num_possible_cpus();
	if (!stat("/proc/self/ns/pid", &st))
		skel->rodata->reader_ns = st.st_ino;
	if (bpf_map__set_max_entries(skel->maps.ring, cfg->ring_size) ||
	    bpf_map__set_max_entries(skel->maps.as_index, cfg->max_as) ||
	    bpf_map__set_max_entries(skel->maps.as_pool, cfg->max_as) ||
	    bpf_map__set_max_entries(skel->maps.as_free, cfg->max_as) ||
	    bpf_map__set_max_entries(skel->maps.procs, cfg->max_as))
		return backend_fail(-EINVAL, "cannot size the BPF maps");
	return 0;
}

/* libbpf does not know that make_fentry() has made one of another kind. */
static struct bpf_link *attach_prog(const struct bpf_program *prog)
{
	if (bpf_program__expected_attach_type(prog) == BPF_TRACE_FENTRY)
		return bpf_program__attach_trace(prog);
	return bpf_program__attach(prog);
}

static void attach_nets(struct bpf_priv *p, int hook, const char *const *names)
{
	struct bpf_program *prog;
	int i;

	for (i = 0; i < NETS && names[i]; i++) {
		prog = bpf_object__find_program_by_name(p->skel->obj, names[i]);
		if (bpf_program__autoload(prog))
			p->links[hook][PROGS + i] = attach_prog(prog);
	}
}

static int attach_set(struct bpf_priv *p, int hook, const char *const *names)
{
	int i;

	for (i = 0; i < PROGS && names[i]; i++) {
		struct bpf_program *prog =
			bpf_object__find_program_by_name(p->skel->obj, names[i]);

		if (!bpf_program__autoload(prog))
			return -ENOENT;
		p->links[hook][i] = attach_prog(prog);
		if (!p->links[hook][i]) {
			int err = -errno;

			while (i--) {
				bpf_link__destroy(p->links[hook][i]);
				p->links[hook][i] = NULL;
			}
			return err;
		}
	}
	return i ? 0 : -ENOENT;
}

static void attach_hooks(struct backend *b, struct bpf_priv *p)
{
	int i, v, err;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		if (b->hooks[i].error)
			continue;
		/* The net first: what it is for must not come before it. */
		attach_nets(p, i, variants[i][0].net);
		err = -ENOENT;
		for (v = 0; v < VARIANTS && err; v++)
			if (variants[i][v].prog[0])
				err = attach_set(p, i, variants[i][v].prog);
		b->hooks[i].attached = !err;
		b->hooks[i].error = -err;
	}
}

static int map_pool(struct bpf_priv *p, unsigned int max_as)
{
	size_t page = getpagesize();

	p->max_as = max_as;
	p->pool_len = (max_as * sizeof(*p->pool) + page - 1) / page * page;
	p->pool = mmap(NULL, p->pool_len, PROT_READ, MAP_SHARED,
		       bpf_map__fd(p->skel->maps.as_pool), 0);
	if (p->pool != MAP_FAILED)
		return 0;
	p->pool = NULL;
	return backend_fail(-errno, "cannot map the ledger: %s",
			    strerror(errno));
}

static void bpf_close(struct backend *b);

static int bpf_open(struct backend *b, const struct backend_cfg *cfg)
{
	unsigned long long start = now_ns();
	struct bpf_priv *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return backend_fail(-ENOMEM, "out of memory");
	libbpf_says[0] = '\0';
	libbpf_set_print(keep_warning);
	b->ops = &backend_bpf;
	b->priv = p;
	b->ring_fd = -1;
	p->skel = cleave_bpf__open();
	if (!p->skel) {
		err = backend_fail(-errno, "cannot open the BPF object: %s",
				   libbpf_says);
		goto fail;
	}
	err = choose_progs(b, p, cfg);
	if (!err)
		err = size_maps(p, cfg);
	if (err)
		goto fail;
	err = cleave_bpf__load(p->skel);
	if (err) {
		backend_fail(err, "the kernel does not take the BPF programs (%s): %s",
			     strerror(-err), libbpf_says);
		goto fail;
	}
	err = map_pool(p, cfg->max_as);
	if (err)
		goto fail;
	b->ring_fd = bpf_map__fd(p->skel->maps.ring);
	b->ring_size = cfg->ring_size;
	attach_hooks(b, p);
	b->attach_ns = now_ns() - start;
	return 0;
fail:
	bpf_close(b);
	return err;
}

static int bpf_add_root(struct backend *b, pid_t pid)
{
	struct bpf_priv *p = b->priv;
	struct bpf_link *link;
	char buf[64];
	int fd, err = 0;

	p->skel->bss->adopt_pid = pid;
	p->skel->bss->adopt_done = 0;
	link = bpf_program__attach_iter(p->skel->progs.adopt, NULL);
	if (!link)
		return backend_fail(-errno, "cannot attach the task iterator: %s",
				    strerror(errno));
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		err = backend_fail(-errno, "cannot run the task iterator: %s",
				   strerror(errno));
	} else {
		while (read(fd, buf, sizeof(buf)) > 0)
			;
		close(fd);
		if (p->skel->bss->adopt_done != pid)
			err = backend_fail(-ESRCH, "no process %d to trace", pid);
	}
	bpf_link__destroy(link);
	return err;
}

/*
 * Programs whose skipped runs lose nothing by themselves: the net, the task's
 * next fault or its end makes up for them, and counts what it cannot.
 */
static bool covered(const char *prog)
{
	static const char *const progs[] = {
		"huge_wp_exit", "hugetlb_exit", "clone_exit",
		"clone_failed", "exec_exit", "task_exit", "follow_exec",
	};
	size_t i;

	for (i = 0; i < sizeof(progs) / sizeof(*progs); i++)
		if (!strcmp(prog, progs[i]))
			return true;
	return false;
}

/* Runs that BPF itself skipped: the program was active on the CPU already. */
static unsigned long long recursion_misses(struct bpf_priv *p)
{
	unsigned long long n = 0;
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, p->skel->obj) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(prog);

		if (fd >= 0 && !covered(bpf_program__name(prog)) &&
		    !bpf_obj_get_info_by_fd(fd, &info, &len))
			n += info.recursion_misses;
	}
	return n;
}

static int bpf_totals(struct backend *b, struct cleave_totals *t)
{
	struct bpf_priv *p = b->priv;
	unsigned int i, used = p->skel->bss->as_used;

	*t = p->skel->bss->totals;
	if (!p->skel->bss->stopped)
		p->missed = recursion_misses(p) - p->missed_base;
	t->missed += p->missed;
	t->live = 0;
	if (used > p->max_as)
		used = p->max_as;
	for (i = 0; i < used; i++) {
		struct cleave_as *as = &p->pool[i];
		__u64 cow[CLEAVE_NR_OUTCOMES];
		int o;

		if (!as->id || as->state & CLEAVE_AS_CLOSED)
			continue;
		t->live++;
		cleave_as_cow(as, cow);
		for (o = 0; o < CLEAVE_NR_OUTCOMES; o++)
			t->cow[o] += cow[o];
	}
	return 0;
}

static int bpf_reset(struct backend *b)
{
	struct bpf_priv *p = b->priv;

	memset(&p->skel->bss->totals, 0, sizeof(p->skel->bss->totals));
	p->missed_base = recursion_misses(p);
	return 0;
}

/* The programs see the flag and do nothing more; detaching comes with close. */
static int bpf_stop(struct backend *b)
{
	struct bpf_priv *p = b->priv;

	p->skel->bss->stopped = true;
	p->missed = recursion_misses(p) - p->missed_base;
	return 0;
}

static void detach(struct bpf_priv *p)
{
	int i, j;

	for (i = CLEAVE_NR_HOOKS - 1; i >= 0; i--) {
		for (j = PROGS + NETS - 1; j >= 0; j--) {
			bpf_link__destroy(p->links[i][j]);
			p->links[i][j] = NULL;
		}
	}
}

/* The descriptors of all links; how many. */
static int link_fds(struct bpf_priv *p, int *fds)
{
	int i, j, n = 0;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		for (j = 0; j < PROGS + NETS; j++)
			if (p->links[i][j])
				fds[n++] = bpf_link__fd(p->links[i][j]);
	return n;
}

static void bpf_close(struct backend *b)
{
	struct bpf_priv *p = b->priv;

	if (p->skel) {
		int links[CLEAVE_NR_HOOKS * (PROGS + NETS)];
		int done = detach_behind(links, link_fds(p, links));

		detach(p);
		if (done >= 0)
			close(done);
	}
	if (p->pool)
		munmap(p->pool, p->pool_len);
	cleave_bpf__destroy(p->skel);
	free(p);
	b->priv = NULL;
}

const struct backend_ops backend_bpf = {
	.name = "bpf",
	.probe = bpf_probe,
	.open = bpf_open,
	.add_root = bpf_add_root,
	.reset = bpf_reset,
	.totals = bpf_totals,
	.stop = bpf_stop,
	.close = bpf_close,
};
