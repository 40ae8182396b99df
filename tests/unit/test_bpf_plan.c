// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_bpf_plan.c - which BPF programs are for kernels that are made up here, and for
 * those of tests/btf.
 *
 * Build: with user/source/bpf/plan.c and user/source/hooks.c.
 */
#include "shim.h"

#include <errno.h>

#include "source/backend.h"
#include "source/bpf/plan.h"

/* Arguments of a function, by the structure each points to; "long": is one. */
static void add_proto(struct btf *btf, const char *const *args, int n, int *proto)
{
	int type[8], i;

	for (i = 0; i < n; i++) {
		int id;

		if (!strcmp(args[i], "long")) {
			type[i] = btf__add_int(btf, "unsigned long", 8, 0);
			continue;
		}
		id = btf__add_const(btf, btf__add_struct(btf, args[i], 8));
		type[i] = btf__add_ptr(btf, id);
	}
	*proto = btf__add_func_proto(btf, 0);
	for (i = 0; i < n; i++)
		btf__add_func_param(btf, "a", type[i]);
}

static void add_func(struct btf *btf, const char *name, const char *const *args, int n)
{
	int proto;

	add_proto(btf, args, n, &proto);
	btf__add_func(btf, name, BTF_FUNC_STATIC, proto);
}

#define ADD_FUNC(btf, name, ...)					\
	add_func(btf, name, (const char *const[]){ __VA_ARGS__ },	\
		 sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static bool loads(const struct plan *p, const char *name)
{
	int i;

	for (i = 0; i < NR_PROGS; i++)
		if (!strcmp(prog_defs[i].name, name))
			return p->load[i];
	return false;
}

static void plan_of(struct plan *p, struct btf *btf, unsigned long long pretend)
{
	plan_make(p, btf, NO_TIMES, pretend);
	btf__free(btf);
}

static void the_list(struct kunit *test)
{
	int i;

	for (i = 0; i < NR_PROGS; i++)
		KUNIT_EXPECT_NOT_NULL(test, prog_defs[i].args);
}

/* All forms that it has had, and one that nobody knows. */
struct form_case {
	const char *desc;
	const char *args[8];
	const char *progs;
};

static const struct form_case forms[] = {
	{ "seven",
	  { "mm_struct", "vm_area_struct", "long", "pte_t", "long", "page", "spinlock" },
	  "kprobe" },
	{ "eight",
	  { "mm_struct", "vm_area_struct", "long", "pte_t", "long", "folio", "spinlock",
	    "vm_fault" }, "kprobe" },
	{ "two", { "folio", "vm_fault" }, "fentry" },
	{ "one", { "vm_fault" }, "fentry" },
	{ "the other way round", { "vm_fault", "folio" }, "none" },
	{ "without an address", { "mm_struct", "vm_area_struct", "folio" }, "none" },
};

static void form_desc(const struct form_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->desc);
}

KUNIT_ARRAY_PARAM(form, forms, form_desc);

static void hugetlb_wp_forms(struct kunit *test)
{
	const struct form_case *c = test->param_value;
	struct btf *btf = btf__new_empty();
	struct plan p;
	int n = 0;

	while (n < 8 && c->args[n])
		n++;
	add_func(btf, "hugetlb_wp", c->args, n);
	plan_of(&p, btf, 0);
	KUNIT_EXPECT_EQ(test, loads(&p, "hugetlb_enter"), !strcmp(c->progs, "fentry"));
	KUNIT_EXPECT_EQ(test, loads(&p, "hugetlb_exit"), !strcmp(c->progs, "fentry"));
	KUNIT_EXPECT_EQ(test, p.hugetlb_args, n);
	KUNIT_EXPECT_EQ(test, loads(&p, "hugetlb_kenter"), !strcmp(c->progs, "kprobe"));
	KUNIT_EXPECT_EQ(test, loads(&p, "hugetlb_kexit"), !strcmp(c->progs, "kprobe"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_HUGETLB_WP],
			strcmp(c->progs, "none") ? 0 : EPROTO);
}

/* Where an argument more would make the return value another. */
static void return_value_moves(struct kunit *test)
{
	struct btf *btf = btf__new_empty();
	struct plan p;

	ADD_FUNC(btf, "copy_process", "pid", "long", "long", "kernel_clone_args", "long");
	ADD_FUNC(btf, "copy_huge_pmd", "mm_struct", "pmd_t", "mm_struct", "pmd_t");
	ADD_FUNC(btf, "begin_new_exec", "linux_binprm");
	plan_of(&p, btf, 0);
	KUNIT_EXPECT_FALSE(test, loads(&p, "clone_exit"));
	KUNIT_EXPECT_FALSE(test, loads(&p, "clone_enter"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_COPY_PROCESS], EPROTO);
	KUNIT_EXPECT_FALSE(test, loads(&p, "copy_huge"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_COPY_HUGE_PMD], EPROTO);
	KUNIT_EXPECT_TRUE(test, loads(&p, "exec_exit"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_NEW_EXEC], 0);
}

static void old_names(struct kunit *test)
{
	struct btf *btf = btf__new_empty();
	struct plan p;

	ADD_FUNC(btf, "page_add_new_anon_rmap", "page", "vm_area_struct", "long");
	ADD_FUNC(btf, "bpf_rdonly_cast", "void", "long");
	plan_of(&p, btf, 0);
	KUNIT_EXPECT_TRUE(test, loads(&p, "new_rmap_page"));
	KUNIT_EXPECT_FALSE(test, loads(&p, "new_rmap_folio"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_NEW_RMAP], 0);
	KUNIT_EXPECT_TRUE(test, p.has_rdonly_cast);
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_WP_PAGE], ENOENT);
	KUNIT_EXPECT_FALSE(test, p.needed[CLEAVE_HOOK_CLEAR_FLUSH]);
}

static void too_old(struct kunit *test)
{
	struct btf *btf = btf__new_empty();
	struct plan p;
	int num = btf__add_int(btf, "int", 4, 0);

	btf__add_struct(btf, "kernel_clone_args", 8);
	btf__add_field(btf, "flags", num, 0, 0);
	btf__add_struct(btf, "other_args", 8);
	btf__add_field(btf, "fn", num, 0, 0);
	plan_make(&p, btf, 0, 0);
	KUNIT_EXPECT_TRUE(test, p.too_old);
	btf__add_struct(btf, "kernel_clone_args", 8);
	btf__add_field(btf, "flags", num, 0, 0);
	btf__add_field(btf, "fn", num, 32, 0);
	plan_make(&p, btf, 0, 0);
	KUNIT_EXPECT_FALSE(test, p.too_old);
	btf__free(btf);
}

static void tracepoints(struct kunit *test)
{
	static const char *const args[] = { "void", "task_struct", "long" };
	struct btf *btf = btf__new_empty();
	struct plan p;
	int proto;

	add_proto(btf, args, 3, &proto);
	btf__add_typedef(btf, "btf_trace_sched_process_exit", btf__add_ptr(btf, proto));
	/* Both a tracepoint and a function, with other arguments. */
	btf__add_typedef(btf, "btf_trace_exit_mmap", btf__add_ptr(btf, proto));
	ADD_FUNC(btf, "exit_mmap", "mm_struct");
	plan_of(&p, btf, 0);
	KUNIT_EXPECT_TRUE(test, loads(&p, "task_exit"));
	KUNIT_EXPECT_FALSE(test, loads(&p, "task_gone"));
	KUNIT_EXPECT_TRUE(test, loads(&p, "mm_exit"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_EXIT_TASK], 0);
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_FOLLOW_EXEC], ENOENT);
}

static void add_clone(struct btf *btf)
{
	ADD_FUNC(btf, "copy_process", "pid", "long", "long", "kernel_clone_args");
	ADD_FUNC(btf, "wake_up_new_task", "task_struct");
	ADD_FUNC(btf, "kernel_clone", "kernel_clone_args");
	ADD_FUNC(btf, "do_wp_page", "vm_fault");
}

static void pretended(struct kunit *test)
{
	struct btf *btf = btf__new_empty();
	struct plan p;

	add_clone(btf);
	plan_of(&p, btf, 1ULL << CLEAVE_HOOK_COPY_PROCESS);
	KUNIT_EXPECT_FALSE(test, loads(&p, "clone_exit"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_COPY_PROCESS], ENOENT);
	KUNIT_EXPECT_TRUE(test, loads(&p, "clone_woken"));
	KUNIT_EXPECT_TRUE(test, loads(&p, "wp_enter"));
}

/* A program that the kernel does not take: its hook goes, no other. */
static void dropped(struct kunit *test)
{
	struct btf *btf = btf__new_empty();
	struct plan p;

	add_clone(btf);
	plan_of(&p, btf, 0);
	KUNIT_EXPECT_TRUE(test, plan_drop(&p, "clone_woken", EINVAL));
	KUNIT_EXPECT_FALSE(test, loads(&p, "clone_woken"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_WAKE], EINVAL);
	KUNIT_EXPECT_TRUE(test, plan_drop(&p, "clone_failed", EINVAL));
	KUNIT_EXPECT_FALSE(test, loads(&p, "clone_failed"));
	KUNIT_EXPECT_TRUE(test, loads(&p, "clone_exit"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_COPY_PROCESS], 0);
	KUNIT_EXPECT_TRUE(test, plan_drop(&p, "clone_enter", EINVAL));
	KUNIT_EXPECT_FALSE(test, loads(&p, "clone_exit"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_COPY_PROCESS], EINVAL);
	KUNIT_EXPECT_FALSE(test, plan_drop(&p, "clone_enter", EINVAL));
	KUNIT_EXPECT_FALSE(test, plan_drop(&p, "adopt", EINVAL));
	KUNIT_EXPECT_TRUE(test, loads(&p, "wp_enter"));
}

/* A kernel without huge pages: nothing is missing. */
static void no_huge_pages(struct kunit *test)
{
	struct btf *btf = btf__new_empty();
	struct plan p;

	add_clone(btf);
	ADD_FUNC(btf, "hugetlb_wp", "vm_fault");
	plan_make(&p, btf, NO_THP, 0);
	KUNIT_EXPECT_FALSE(test, p.needed[CLEAVE_HOOK_HUGE_WP]);
	KUNIT_EXPECT_FALSE(test, p.needed[CLEAVE_HOOK_DEPOSIT]);
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_HUGE_WP], EOPNOTSUPP);
	KUNIT_EXPECT_TRUE(test, p.needed[CLEAVE_HOOK_HUGETLB_WP]);
	KUNIT_EXPECT_TRUE(test, loads(&p, "hugetlb_enter"));
	plan_make(&p, btf, NO_HUGETLB, 0);
	KUNIT_EXPECT_FALSE(test, p.needed[CLEAVE_HOOK_HUGETLB_WP]);
	KUNIT_EXPECT_FALSE(test, loads(&p, "hugetlb_enter"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_HUGE_WP], ENOENT);
	btf__free(btf);
}

/* Nobody wants to know: nothing is missing either. */
static void no_switches(struct kunit *test)
{
	static const char *const args[] = { "void", "char", "task_struct", "task_struct" };
	struct btf *btf = btf__new_empty();
	struct plan p;
	int proto;

	add_proto(btf, args, 4, &proto);
	btf__add_typedef(btf, "btf_trace_sched_switch", btf__add_ptr(btf, proto));
	plan_make(&p, btf, NO_SWITCHES, 0);
	KUNIT_EXPECT_FALSE(test, loads(&p, "task_switch"));
	KUNIT_EXPECT_FALSE(test, p.needed[CLEAVE_HOOK_SWITCH]);
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_SWITCH], EOPNOTSUPP);
	plan_make(&p, btf, 0, 0);
	KUNIT_EXPECT_TRUE(test, loads(&p, "task_switch"));
	KUNIT_EXPECT_TRUE(test, p.needed[CLEAVE_HOOK_SWITCH]);
	plan_make(&p, btf, 0, 1ULL << CLEAVE_HOOK_SWITCH);
	KUNIT_EXPECT_FALSE(test, loads(&p, "task_switch"));
	KUNIT_EXPECT_EQ(test, p.error[CLEAVE_HOOK_SWITCH], ENOENT);
	btf__free(btf);
}

/* Kernels of tests/btf: what is chosen for hooks that there are several ways to. */
struct shelf_case {
	const char *name;
	unsigned int absent;
	const char *chosen;
};

#define RT		(NO_THP | LOCKS_SLEEP)
#define OLD_HUGETLB	" hugetlb_kexit hugetlb_kenter"
#define OLD_EXEC	" exec_released"
#define NEW_EXEC	" exec_released_exit"
#define NEW		"new_rmap_folio hugetlb_rmap set_access wp_enter hugetlb_exit hugetlb_enter"
#define NEW_RT		"new_rmap_folio_rt hugetlb_rmap_rt set_access_rt wp_enter_rt hugetlb_enter_rt"

#define NEW_TIMED	"new_rmap_folio hugetlb_rmap set_access wp_exit wp_enter hugetlb_exit hugetlb_enter"
#define NEW_RT_TIMED	"new_rmap_folio_rt hugetlb_rmap_rt set_access_rt wp_exit_rt wp_enter_rt " \
			"hugetlb_exit_rt hugetlb_enter_rt"

static const struct shelf_case shelf[] = {
	{ "6.1", NO_TIMES,
	  "new_rmap_page hugetlb_rmap_page set_access wp_enter" OLD_HUGETLB OLD_EXEC },
	{ "6.1-rt", RT | NO_TIMES,
	  "new_rmap_page_rt hugetlb_rmap_page_rt set_access_rt wp_enter_rt" OLD_HUGETLB OLD_EXEC },
	{ "6.12", NO_TIMES, NEW OLD_EXEC },
	{ "6.12-rt", RT | NO_TIMES, NEW_RT OLD_EXEC },
	{ "7.3", NO_TIMES, NEW NEW_EXEC },
	{ "7.3-rt", RT | NO_TIMES, NEW_RT NEW_EXEC },
	/* With those for how long breaks take. */
	{ "6.1", 0,
	  "new_rmap_page hugetlb_rmap_page set_access wp_exit wp_enter" OLD_HUGETLB OLD_EXEC },
	{ "7.3", 0, NEW_TIMED NEW_EXEC },
	{ "7.3-rt", RT, NEW_RT_TIMED NEW_EXEC },
};

static void shelf_desc(const struct shelf_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s%s", c->name,
		 c->absent & NO_TIMES ? "" : ", timed");
}

KUNIT_ARRAY_PARAM(shelf, shelf, shelf_desc);

static bool several_ways(int hook)
{
	int i;

	for (i = 0; i < NR_PROGS; i++)
		if (prog_defs[i].hook == hook && prog_defs[i].form)
			return true;
	return false;
}

/* A line of NAME.funcs: see tests/btf/make. */
static void add_line(struct btf *btf, char *line)
{
	const char *args[8], *name = strtok(line, ":");
	char *arg;
	int n = 0, proto;

	while (n < 8 && (arg = strtok(NULL, ", ")))
		args[n++] = arg;
	if (strncmp(name, "btf_trace_", 10)) {
		add_func(btf, name, args, n);
		return;
	}
	add_proto(btf, args, n, &proto);
	btf__add_typedef(btf, name, btf__add_ptr(btf, proto));
}

static void on_the_shelf(struct kunit *test)
{
	const struct shelf_case *c = test->param_value;
	struct btf *btf = btf__new_empty();
	char line[256], chosen[512] = "";
	struct plan p;
	FILE *f;
	int i;

	snprintf(line, sizeof(line), "tests/btf/%s.funcs", c->name);
	f = fopen(line, "r");
	KUNIT_ASSERT_NOT_NULL(test, f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line != '#')
			add_line(btf, line);
	}
	fclose(f);
	plan_make(&p, btf, c->absent, 0);
	btf__free(btf);
	for (i = 0; i < NR_PROGS; i++)
		if (p.load[i] && several_ways(prog_defs[i].hook))
			snprintf(chosen + strlen(chosen), sizeof(chosen) - strlen(chosen), "%s%s",
				 *chosen ? " " : "", prog_defs[i].name);
	KUNIT_EXPECT_STREQ(test, chosen, c->chosen);
	for (i = 0; i < CLEAVE_NR_HOOKS; i++)
		KUNIT_EXPECT_EQ(test, p.error[i],
				!p.needed[i] ? EOPNOTSUPP : 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(the_list),
	KUNIT_CASE_PARAM(hugetlb_wp_forms, form_gen_params),
	KUNIT_CASE(return_value_moves),
	KUNIT_CASE(old_names),
	KUNIT_CASE(too_old),
	KUNIT_CASE(tracepoints),
	KUNIT_CASE(pretended),
	KUNIT_CASE(dropped),
	KUNIT_CASE(no_huge_pages),
	KUNIT_CASE(no_switches),
	KUNIT_CASE_PARAM(on_the_shelf, shelf_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_bpf_plan",
	.test_cases = cases,
};

kunit_test_suite(suite);
