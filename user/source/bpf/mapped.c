// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source/backend.h"
#include "source/bpf/mapped.h"

static size_t in_pages(size_t len)
{
	size_t page = getpagesize();

	return (len + page - 1) / page * page;
}

int mapped_grow(struct mapped *m, const struct array *a, unsigned int used)
{
	size_t len = in_pages(used * a->size), all = in_pages(a->max * a->size);
	void *at;

	if (len <= m->len)
		return 0;
	/* Not for each few that come. */
	if (len < 2 * m->len)
		len = 2 * m->len < all ? 2 * m->len : all;
	at = mmap(NULL, len, PROT_READ, MAP_SHARED, a->fd, 0);
	if (at == MAP_FAILED)
		return backend_fail(-errno, "cannot map the ledger: %s", strerror(errno));
	mapped_free(m);
	m->at = at;
	m->len = len;
	return 0;
}

void mapped_free(struct mapped *m)
{
	if (m->at)
		munmap(m->at, m->len);
	*m = (struct mapped) { .at = NULL };
}
