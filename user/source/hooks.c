// SPDX-License-Identifier: GPL-2.0-only
/* hooks.c - what is common to the backends: hook names and the last error. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "source/backend.h"

#define CLEAVE_X(sym, name, figures, bpf) name,
const char *const hook_names[CLEAVE_NR_HOOKS] = { CLEAVE_HOOKS(CLEAVE_X) };
#undef CLEAVE_X

#define CLEAVE_X(sym, name, figures, bpf) figures,
const char *const hook_figures[CLEAVE_NR_HOOKS] = { CLEAVE_HOOKS(CLEAVE_X) };
#undef CLEAVE_X

#define CLEAVE_X(sym, name, figures, bpf) bpf,
const char *const hook_bpf_figures[CLEAVE_NR_HOOKS] = { CLEAVE_HOOKS(CLEAVE_X) };
#undef CLEAVE_X

const char *hook_state(const struct backend_hook *h)
{
	return h->attached ? "attached" : h->needed ? strerror(h->error) : "not needed";
}

static char last_error[512] = "no error";

const char *backend_error(void)
{
	return last_error;
}

int backend_fail(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_error, sizeof(last_error), fmt, ap);
	va_end(ap);
	return err;
}
