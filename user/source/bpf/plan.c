// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/bpf/plan.h"

#define VMA_ADDR	"vm_area_struct, long, ..."
#define NEW_RMAP_ARGS	"*, vm_area_struct, long, ..."
#define WP_ARGS		"mm_struct, vm_area_struct, long, *, *, *, ..."
#define HUGE_PMD_ARGS	"mm_struct, mm_struct, *, *, ..."

/* Of a tracepoint the BTF has a typedef of a pointer to a function. */
#define TRACEPOINT	"btf_trace_"

#define HOOK(h)		CLEAVE_HOOK_##h

/*
 * Kprobes stand in for functions with more arguments than the kernel's BPF
 * trampolines pass on (six before 6.6).
 */
const struct prog_def prog_defs[NR_PROGS] = {
	{ HOOK(NEW_RMAP), 0, PROG_LOCKED, "new_rmap_folio", NULL, NEW_RMAP_ARGS },
	{ HOOK(NEW_RMAP), 1, PROG_LOCKED, "new_rmap_page", "page_add_new_anon_rmap",
	  NEW_RMAP_ARGS },
	{ HOOK(NEW_RMAP), 2, PROG_RT, "new_rmap_folio_rt", NULL, NEW_RMAP_ARGS },
	{ HOOK(NEW_RMAP), 3, PROG_RT, "new_rmap_page_rt", "page_add_new_anon_rmap",
	  NEW_RMAP_ARGS },
	{ HOOK(HUGETLB_RMAP), 0, PROG_LOCKED, "hugetlb_rmap", NULL, "*, vm_area_struct, ..." },
	{ HOOK(HUGETLB_RMAP), 1, PROG_LOCKED, "hugetlb_rmap_page", "hugepage_add_new_anon_rmap",
	  "*, vm_area_struct, ..." },
	{ HOOK(HUGETLB_RMAP), 2, PROG_RT, "hugetlb_rmap_rt", NULL, "*, vm_area_struct, ..." },
	{ HOOK(HUGETLB_RMAP), 3, PROG_RT, "hugetlb_rmap_page_rt", "hugepage_add_new_anon_rmap",
	  "*, vm_area_struct, ..." },
	{ HOOK(SET_ACCESS), 0, PROG_LOCKED, "set_access", NULL, VMA_ADDR },
	{ HOOK(SET_ACCESS), 2, PROG_RT, "set_access_rt", NULL, VMA_ADDR },
	{ HOOK(PMD_SET_ACCESS), 0, 0, "pmd_set_access", NULL, VMA_ADDR },
	{ HOOK(SPLIT_PMD), 0, PROG_EITHER, "split_pmd", NULL, "vm_area_struct, *, long, ..." },
	{ HOOK(DEPOSIT), 0, 0, "deposit", NULL, "mm_struct, ..." },
	{ HOOK(WP_PAGE), 0, PROG_TIMES | PROG_NET | PROG_COVERED | PROG_LOCKED, "wp_exit",
	  NULL, "vm_fault" },
	{ HOOK(WP_PAGE), 0, PROG_LOCKED, "wp_enter", NULL, "vm_fault" },
	{ HOOK(WP_PAGE), 2, PROG_TIMES | PROG_NET | PROG_COVERED | PROG_RT, "wp_exit_rt",
	  NULL, "vm_fault" },
	{ HOOK(WP_PAGE), 2, PROG_RT, "wp_enter_rt", NULL, "vm_fault" },
	{ HOOK(HUGE_WP), 0, PROG_COVERED, "huge_wp_exit", NULL, "vm_fault" },
	{ HOOK(HUGE_WP), 0, PROG_EITHER, "huge_wp_enter", NULL, "vm_fault" },
	{ HOOK(HUGETLB_WP), 0, PROG_COVERED, "hugetlb_exit", NULL, "vm_fault | *, vm_fault" },
	{ HOOK(HUGETLB_WP), 0, PROG_LOCKED, "hugetlb_enter", NULL, "vm_fault | *, vm_fault" },
	{ HOOK(HUGETLB_WP), 2, PROG_TIMES | PROG_NET | PROG_COVERED | PROG_RT,
	  "hugetlb_exit_rt", NULL, "vm_fault | *, vm_fault" },
	{ HOOK(HUGETLB_WP), 2, PROG_RT, "hugetlb_enter_rt", NULL, "vm_fault | *, vm_fault" },
	{ HOOK(HUGETLB_WP), 1, 0, "hugetlb_kexit", NULL, WP_ARGS },
	{ HOOK(HUGETLB_WP), 1, 0, "hugetlb_kenter", NULL, WP_ARGS },
	{ HOOK(COPY_HUGE_PMD), 0, 0, "copy_huge", NULL, HUGE_PMD_ARGS },
	{ HOOK(COPY_RANGE), 0, PROG_EITHER, "copy_range", NULL, "vm_area_struct, vm_area_struct" },
	{ HOOK(DUP_MMAP), 0, PROG_EITHER, "dup_mmap", NULL, "..." },
	{ HOOK(EXIT_MMAP), 0, PROG_EITHER, "mm_exit", NULL, "mm_struct" },
	{ HOOK(SWITCH), 0, 0, "task_switch", TRACEPOINT "sched_switch",
	  "*, *, task_struct, task_struct, ..." },
	{ HOOK(EXIT_TASK), 0, PROG_NET | PROG_EITHER, "task_gone", "exit_files", "task_struct" },
	{ HOOK(EXIT_TASK), 0, PROG_COVERED, "task_exit", TRACEPOINT "sched_process_exit",
	  "*, task_struct, ..." },
	{ HOOK(FOLLOW_EXEC), 0, PROG_COVERED, "follow_exec", TRACEPOINT "sched_process_exec",
	  "*, task_struct, *, linux_binprm, ..." },
	{ HOOK(EXECVE), 0, PROG_COVERED, "execve_exit", NULL, "pt_regs" },
	{ HOOK(EXECVE), 0, PROG_EITHER, "execve_enter", NULL, "pt_regs" },
	{ HOOK(EXECVEAT), 0, PROG_COVERED, "execveat_exit", NULL, "pt_regs" },
	{ HOOK(EXECVEAT), 0, PROG_EITHER, "execveat_enter", NULL, "pt_regs" },
	/* Nets first: what they are for must not come before them. */
	{ HOOK(NEW_EXEC), 0, PROG_NET | PROG_EITHER, "exec_set_up", "setup_new_exec",
	  "linux_binprm" },
	{ HOOK(NEW_EXEC), 0, PROG_COVERED, "exec_exit", NULL, "linux_binprm" },
	{ HOOK(NEW_EXEC), 0, PROG_EITHER, "exec_enter", NULL, "linux_binprm" },
	{ HOOK(EXEC_RELEASE), 0, PROG_EITHER, "exec_released", NULL, "task_struct, mm_struct" },
	{ HOOK(EXEC_RELEASE), 1, PROG_EITHER, "exec_released_exit", "mm_exit_exec_release",
	  "task_struct, mm_struct" },
	/* Of copy_process() a net, too. */
	{ HOOK(WAKE), 0, PROG_EITHER, "clone_woken", NULL, "task_struct" },
	{ HOOK(COPY_PROCESS), 0, PROG_NET | PROG_COVERED, "clone_failed", "kernel_clone",
	  "kernel_clone_args" },
	{ HOOK(COPY_PROCESS), 0, PROG_COVERED, "clone_exit", NULL,
	  "*, *, *, kernel_clone_args" },
	{ HOOK(COPY_PROCESS), 0, PROG_EITHER, "clone_enter", NULL,
	  "*, *, *, kernel_clone_args" },
};

/* Not to attach to, but called by programs. */
#define RDONLY_CAST	NR_PROGS
#define NR_FUNCS	(NR_PROGS + 1)

static const char *func_of(int i)
{
	if (i == RDONLY_CAST)
		return "bpf_rdonly_cast";
	return prog_defs[i].func ?: hook_names[prog_defs[i].hook];
}

/* What a BTF says of the functions of prog_defs; NULL where it has none. */
struct found {
	bool has_fn;
	unsigned char by_name[NR_FUNCS];
	const struct btf_type *proto[NR_FUNCS];
};

static int by_func(const void *a, const void *b)
{
	return strcmp(func_of(*(const unsigned char *)a),
		      func_of(*(const unsigned char *)b));
}

static const struct btf_type *skip_mods(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* One function has several programs: those around @at in the order by name. */
static void found_at(struct found *f, const char *name, int at,
		     const struct btf_type *proto)
{
	while (at && !strcmp(func_of(f->by_name[at - 1]), name))
		at--;
	for (; at < NR_FUNCS && !strcmp(func_of(f->by_name[at]), name); at++)
		if (!f->proto[f->by_name[at]])
			f->proto[f->by_name[at]] = proto;
}

static void look_up(struct found *f, const char *name, const struct btf_type *proto)
{
	int low = 0, high = NR_FUNCS - 1;

	while (proto && btf_is_func_proto(proto) && low <= high) {
		int mid = (low + high) / 2;
		int c = strcmp(name, func_of(f->by_name[mid]));

		if (!c) {
			found_at(f, name, mid, proto);
			return;
		}
		if (c < 0)
			high = mid - 1;
		else
			low = mid + 1;
	}
}

static bool has_member(const struct btf *btf, const struct btf_type *t, const char *name)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(t)[i].name_off), name))
			return true;
	return false;
}

/* One pass: the kernel has more than 100,000 types. */
static void find_funcs(const struct btf *btf, struct found *f)
{
	__u32 id, n = btf__type_cnt(btf);
	int i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < NR_FUNCS; i++)
		f->by_name[i] = i;
	qsort(f->by_name, NR_FUNCS, sizeof(*f->by_name), by_func);
	for (id = 1; id < n; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_func(t) && !btf_is_typedef(t) && !btf_is_struct(t))
			continue;
		name = btf__name_by_offset(btf, t->name_off);
		if (btf_is_func(t)) {
			look_up(f, name, btf__type_by_id(btf, t->type));
		} else if (btf_is_struct(t)) {
			if (!strcmp(name, "kernel_clone_args"))
				f->has_fn |= has_member(btf, t, "fn");
		} else if (!strncmp(name, TRACEPOINT, strlen(TRACEPOINT))) {
			t = btf__type_by_id(btf, t->type);
			if (btf_is_ptr(t))
				look_up(f, name, btf__type_by_id(btf, t->type));
		}
	}
}

/* Is an argument what the word says? */
static bool arg_is(const struct btf *btf, __u32 id, const char *word, size_t len)
{
	const struct btf_type *t = skip_mods(btf, id);
	const char *name;

	if (len == 1 && *word == '*')
		return true;
	if (len == 4 && !strncmp(word, "long", 4))
		return t && btf_is_int(t) && t->size == 8;
	t = t && btf_is_ptr(t) ? skip_mods(btf, t->type) : NULL;
	name = t ? btf__name_by_offset(btf, t->name_off) : "";
	return strlen(name) == len && !strncmp(name, word, len);
}

/* One of the lists of prog_def.args. */
static bool args_fit_one(const struct btf *btf, const struct btf_type *proto,
			 const char *list, const char *end)
{
	int i = 0, n = btf_vlen(proto);

	while (list < end) {
		size_t len = strcspn(list, ", |");

		if (!strncmp(list, "...", 3))
			return true;
		if (i == n || !arg_is(btf, btf_params(proto)[i++].type, list, len))
			return false;
		list += len;
		list += strspn(list, ", ");
	}
	return i == n;
}

static bool args_fit(const struct btf *btf, const struct btf_type *proto,
		     const char *args)
{
	const char *end;

	for (; ; args = end + 1 + strspn(end + 1, " ")) {
		end = args + strcspn(args, "|");
		if (args_fit_one(btf, proto, args, end))
			return true;
		if (!*end)
			return false;
	}
}

/* A form is whole or not loaded at all; its nets one by one. */
static bool form_left(const struct plan *p, int hook, int form)
{
	bool any = false;
	int i;

	for (i = 0; i < NR_PROGS; i++) {
		const struct prog_def *d = &prog_defs[i];

		if (d->hook != hook || d->form != form || d->flags & PROG_NET)
			continue;
		if (!p->load[i])
			return false;
		any = true;
	}
	return any;
}

/* Leave out the programs of forms that are not whole; the hook with the last. */
static void plan_settle(struct plan *p, int hook, int err)
{
	bool form[NR_FORMS], any = false;
	int i;

	for (i = 0; i < NR_FORMS; i++) {
		form[i] = form_left(p, hook, i);
		any |= form[i];
	}
	for (i = 0; i < NR_PROGS; i++)
		if (prog_defs[i].hook == hook && !form[prog_defs[i].form])
			p->load[i] = false;
	if (!any && !p->error[hook])
		p->error[hook] = err;
}

/* Hooks that count nothing where there are no pages of that kind, or nobody asks. */
static const unsigned char only_for[CLEAVE_NR_HOOKS] = {
	[HOOK(PMD_SET_ACCESS)] = NO_THP,
	[HOOK(SPLIT_PMD)] = NO_THP,
	[HOOK(DEPOSIT)] = NO_THP,
	[HOOK(HUGE_WP)] = NO_THP,
	[HOOK(COPY_HUGE_PMD)] = NO_THP,
	[HOOK(HUGETLB_RMAP)] = NO_HUGETLB,
	[HOOK(HUGETLB_WP)] = NO_HUGETLB,
	[HOOK(SWITCH)] = NO_SWITCHES,
};

void plan_make(struct plan *p, const struct btf *btf, unsigned int absent,
	       unsigned long long pretend)
{
	int why[CLEAVE_NR_HOOKS] = {};
	struct found f;
	int i;

	memset(p, 0, sizeof(*p));
	find_funcs(btf, &f);
	p->too_old = !f.has_fn;
	p->has_rdonly_cast = f.proto[RDONLY_CAST] &&
			     args_fit(btf, f.proto[RDONLY_CAST], "*, *");
	for (i = 0; i < NR_PROGS; i++) {
		const struct prog_def *d = &prog_defs[i];
		bool fits = f.proto[i] && args_fit(btf, f.proto[i], d->args);

		if (only_for[d->hook] & absent)
			continue;
		p->needed[d->hook] = true;
		if (d->hook == HOOK(HUGETLB_WP) && f.proto[i])
			p->hugetlb_args = btf_vlen(f.proto[i]);
		if (pretend & 1ULL << d->hook)
			continue;
		if (d->flags & (absent & LOCKS_SLEEP ? PROG_LOCKED : PROG_RT))
			continue;
		if (d->flags & PROG_TIMES && absent & NO_TIMES)
			continue;
		p->load[i] = fits;
		if (f.proto[i] && !fits && !(d->flags & PROG_NET))
			why[d->hook] = EPROTO;
	}
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		plan_settle(p, i, why[i] ?: p->needed[i] ? ENOENT : EOPNOTSUPP);
}

bool plan_drop(struct plan *p, const char *name, int err)
{
	int i;

	for (i = 0; i < NR_PROGS; i++) {
		if (!p->load[i] || strcmp(prog_defs[i].name, name))
			continue;
		p->load[i] = false;
		plan_settle(p, prog_defs[i].hook, err);
		return true;
	}
	return false;
}
