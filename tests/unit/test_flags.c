// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_flags.c - names, resources and refusals of clone flags.
 *
 * Build: with user/core/flags.c.
 */
#include <errno.h>
#include <signal.h>

#include "core/flags.h"
#include "shim.h"

struct name_case {
	__u64 flags;
	const char *names;
};

#define PTHREAD_FLAGS							\
	"CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|"	\
	"CLONE_SYSVSEM|CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID"

#define CLONE3_FLAGS							\
	"CLONE_CLEAR_SIGHAND|CLONE_INTO_CGROUP|CLONE_AUTOREAP|CLONE_NNP|" \
	"CLONE_PIDFD_AUTOKILL|CLONE_EMPTY_MNTNS"

static const struct name_case name_cases[] = {
	{ 0, "0" },
	{ 0x1200000, "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID" },
	{ 0x4100, "CLONE_VM|CLONE_VFORK" },
	{ 0x3d0f00, PTHREAD_FLAGS },
	{ 0x80, "CLONE_NEWTIME" },
	{ 0x80000000, "CLONE_IO" },
	{ 0x3f00000000, CLONE3_FLAGS },
	{ 1ULL << 63 | 1ULL << 40 | 0x100, "CLONE_VM|0x10000000000|0x8000000000000000" },
	{ 0x1, "0x1" },
};

static void name_desc(const struct name_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "0x%llx", c->flags);
}

KUNIT_ARRAY_PARAM(name, name_cases, name_desc)

static void names(struct kunit *test)
{
	const struct name_case *c = test->param_value;
	char buf[512];

	KUNIT_EXPECT_STREQ(test, flags_format(buf, sizeof(buf), c->flags), c->names);
}

static void no_bit_is_dropped(struct kunit *test)
{
	char buf[FLAG_NAME_LEN];
	__u64 all = ~0ULL;
	int n = 0;

	while (flags_pop(&all, buf))
		n++;
	KUNIT_EXPECT_EQ(test, n, 64);
}

static void cut_where_it_does_not_fit(struct kunit *test)
{
	char buf[12];

	flags_format(buf, sizeof(buf), 0x4100);
	KUNIT_EXPECT_STREQ(test, buf, "CLONE_VM|CL");
}

struct parse_case {
	const char *text;
	__u64 flags;
	int err;
};

static const struct parse_case parse_cases[] = {
	{ "0x1200011", 0x1200011, 0 },
	{ "18874385", 0x1200011, 0 },
	{ "CLONE_VM|CLONE_VFORK|SIGCHLD", 0x4111, 0 },
	{ "vm,vfork,sigchld", 0x4111, 0 },
	{ "CLONE_NEWTIME", 0x80, 0 },
	{ "CLONE_EMPTY_MNTNS", 1ULL << 37, 0 },
	{ "0x100|CLONE_VFORK", 0x4100, 0 },
	{ "0", 0, 0 },
	{ "CLONE_NOPE", 0, -EINVAL },
	{ "0x12zz", 0, -EINVAL },
	{ "99999999999999999999999", 0, -EINVAL },
	{ "", 0, -EINVAL },
};

static void parse_desc(const struct parse_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", c->text);
}

KUNIT_ARRAY_PARAM(parse, parse_cases, parse_desc)

static void parsed(struct kunit *test)
{
	const struct parse_case *c = test->param_value;
	char *bad;
	__u64 flags;
	int err = flags_parse(c->text, &flags, &bad);

	KUNIT_EXPECT_EQ(test, err, c->err);
	if (err)
		KUNIT_EXPECT_NOT_NULL(test, bad);
	else
		KUNIT_EXPECT_EQ(test, flags, c->flags);
	free(bad);
}

struct share_case {
	const char *name;
	__u64 flags;
	enum cleave_kind kind;
	enum resource res;
	enum sharing want;
};

#define S(flags, kind, res, want)					\
	{ #flags " " #res, flags, CLEAVE_KIND_##kind, RES_##res, SHARING_##want }

static const struct share_case share_cases[] = {
	S(0, PROCESS, MEMORY, COPIED),
	S(F(VM), VM_SHARER, MEMORY, SHARED),
	S(F(VM), KTHREAD, MEMORY, NONE),
	S(F(VM), UMH, MEMORY, NONE),
	S(0, PROCESS, FILES, COPIED),
	S(F(FILES), PROCESS, FILES, SHARED),
	S(0, USER_WORKER, FILES, NONE),
	S(0, PROCESS, FS, COPIED),
	S(F(FS), PROCESS, FS, SHARED),
	S(0, PROCESS, SIGHAND, COPIED),
	S(F(CLEAR_SIGHAND), PROCESS, SIGHAND, NEW),
	S(F(SIGHAND) | F(VM), VM_SHARER, SIGHAND, SHARED),
	S(0, PROCESS, SYSVSEM, NEW),
	S(F(SYSVSEM), PROCESS, SYSVSEM, SHARED),
	S(0, PROCESS, IO, NEW),
	S(F(IO), PROCESS, IO, SHARED),
	S(0, PROCESS, PARENT, NEW),
	S(F(PARENT), PROCESS, PARENT, SHARED),
	S(F(THREAD), THREAD, PARENT, SHARED),
	S(F(THREAD), THREAD, THREAD_GROUP, SHARED),
	S(0, PROCESS, CGROUP, SHARED),
	S(F(INTO_CGROUP), PROCESS, CGROUP, NEW),
	S(0, PROCESS, MNT_NS, SHARED),
	S(F(NEWNS), PROCESS, MNT_NS, NEW),
	S(F(EMPTY_MNTNS), PROCESS, MNT_NS, NEW),
	S(F(NEWUTS), PROCESS, UTS_NS, NEW),
	S(F(NEWIPC), PROCESS, IPC_NS, NEW),
	S(F(NEWUSER), PROCESS, USER_NS, NEW),
	S(F(NEWPID), PROCESS, PID_NS, NEW),
	S(F(NEWNET), PROCESS, NET_NS, NEW),
	S(F(NEWCGROUP), PROCESS, CGROUP_NS, NEW),
	S(F(NEWTIME), PROCESS, TIME_NS, NEW),
	S(0, PROCESS, TIME_NS, SHARED),
	S(F(SETTLS), THREAD, TLS, NEW),
	S(0, PROCESS, TLS, COPIED),
};

static void share_desc(const struct share_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", c->name);
}

KUNIT_ARRAY_PARAM(share, share_cases, share_desc)

static void sharing(struct kunit *test)
{
	const struct share_case *c = test->param_value;

	KUNIT_EXPECT_STREQ(test,
			   sharing_names[flags_resource(c->res, c->flags, c->kind)],
			   sharing_names[c->want]);
}

struct refuse_case {
	__u64 flags;
	int sig;
	bool refused;
};

static const struct refuse_case refuse_cases[] = {
	{ 0, SIGCHLD, false },
	{ 0x3d0f00, 0, false },
	{ 0x4100, SIGCHLD, false },
	{ F(THREAD) | F(VM), 0, true },
	{ F(SIGHAND), SIGCHLD, true },
	{ F(NEWNS) | F(FS), SIGCHLD, true },
	{ F(EMPTY_MNTNS) | F(FS), SIGCHLD, true },
	{ F(NEWUSER) | F(FS), SIGCHLD, true },
	{ F(NEWUSER), SIGCHLD, false },
	{ F(CLEAR_SIGHAND) | F(SIGHAND) | F(VM), SIGCHLD, true },
	{ F(CLEAR_SIGHAND) | F(VM), SIGCHLD, false },
	{ F(NEWIPC) | F(SYSVSEM), SIGCHLD, true },
	{ F(THREAD) | F(SIGHAND) | F(VM) | F(NEWPID), 0, true },
	{ F(PIDFD) | F(DETACHED), SIGCHLD, true },
	{ F(AUTOREAP), SIGCHLD, true },
	{ F(AUTOREAP), 0, false },
	{ F(PIDFD_AUTOKILL) | F(PIDFD), 0, true },
	{ F(PIDFD_AUTOKILL) | F(PIDFD) | F(AUTOREAP) | F(NNP), 0, false },
};

static void refuse_desc(const struct refuse_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "0x%llx signal %d", c->flags, c->sig);
}

KUNIT_ARRAY_PARAM(refuse, refuse_cases, refuse_desc)

static void refused(struct kunit *test)
{
	const struct refuse_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, !!flags_refused(c->flags, c->sig, 0), c->refused);
}

static void idioms(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, flags_idiom(0x1200000, SIGCHLD), "glibc's fork()");
	KUNIT_EXPECT_STREQ(test, flags_idiom(0x3d0f00, 0), "glibc's pthread_create()");
	KUNIT_EXPECT_STREQ(test, flags_idiom(0x3d0f00, -1), "glibc's pthread_create()");
	KUNIT_EXPECT_NULL(test, flags_idiom(0x1200000, 0));
}

static void signals(struct kunit *test)
{
	char buf[FLAG_NAME_LEN];

	KUNIT_EXPECT_STREQ(test, signal_format(buf, sizeof(buf), SIGCHLD), "SIGCHLD");
	KUNIT_EXPECT_STREQ(test, signal_format(buf, sizeof(buf), 0), "none");
	KUNIT_EXPECT_STREQ(test, signal_format(buf, sizeof(buf), -1), "none");
	KUNIT_EXPECT_STREQ(test, signal_format(buf, sizeof(buf), SIGRTMIN + 2),
			   "SIGRTMIN+2");
	KUNIT_EXPECT_STREQ(test, signal_format(buf, sizeof(buf), 77), "signal 77");
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(names, name_gen_params),
	KUNIT_CASE(no_bit_is_dropped),
	KUNIT_CASE(cut_where_it_does_not_fit),
	KUNIT_CASE_PARAM(parsed, parse_gen_params),
	KUNIT_CASE_PARAM(sharing, share_gen_params),
	KUNIT_CASE_PARAM(refused, refuse_gen_params),
	KUNIT_CASE(idioms),
	KUNIT_CASE(signals),
	{}
};

static struct kunit_suite suite = {
	.name = "cleave_flags",
	.test_cases = cases,
};

kunit_test_suite(suite);
