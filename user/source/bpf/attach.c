// SPDX-License-Identifier: GPL-2.0-only
/* attach.c - programs put in place and taken away. */
#include <errno.h>
#include <unistd.h>

#include "source/bpf/detach.h"
#include "source/bpf/priv.h"
#include "cleave.skel.h"

/* libbpf does not know that make_fentry() has made one of another kind. */
static struct bpf_link *attach_prog(const struct bpf_program *prog)
{
	if (bpf_program__expected_attach_type(prog) == BPF_TRACE_FENTRY)
		return bpf_program__attach_trace(prog);
	return bpf_program__attach(prog);
}

/*
 * The programs of one form of a hook, or none of them; its nets as far as they
 * can be.
 */
static int attach_form(struct bpf_priv *p, int hook, int form)
{
	int i, err = -ENOENT;

	for (i = 0; i < NR_PROGS; i++) {
		const struct prog_def *d = &prog_defs[i];

		if (d->hook != hook || d->form != form || !p->plan.load[i])
			continue;
		p->link[i] = attach_prog(bpf_object__find_program_by_name(p->skel->obj,
									  d->name));
		if (d->flags & PROG_NET)
			continue;
		err = p->link[i] ? 0 : -errno;
		if (err)
			break;
	}
	while (err && i--) {
		if (prog_defs[i].hook != hook || prog_defs[i].form != form)
			continue;
		bpf_link__destroy(p->link[i]);
		p->link[i] = NULL;
	}
	return err;
}

void bpf_attach(struct bpf_priv *p, struct backend_hook *hooks)
{
	int i, form, err;

	for (i = 0; i < CLEAVE_NR_HOOKS; i++) {
		hooks[i].needed = p->plan.needed[i];
		hooks[i].also = hook_bpf_figures[i];
		err = -p->plan.error[i];
		if (!err) {
			err = attach_form(p, i, 0);
			for (form = 1; form < NR_FORMS && err; form++)
				if (attach_form(p, i, form) == 0)
					err = 0;
		}
		hooks[i].attached = !err;
		hooks[i].error = -err;
	}
}

/* Those inside of other functions last. */
void bpf_detach(struct bpf_priv *p)
{
	int fds[NR_PROGS], i, n = 0, done;

	for (i = 0; i < NR_PROGS; i++)
		if (p->link[i])
			fds[n++] = bpf_link__fd(p->link[i]);
	done = detach_behind(fds, n);
	for (i = NR_PROGS - 1; i >= 0; i--) {
		bpf_link__destroy(p->link[i]);
		p->link[i] = NULL;
	}
	if (done >= 0)
		close(done);
}
