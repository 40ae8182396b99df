// SPDX-License-Identifier: GPL-2.0-only
#include "lib/hash.h"

void hash_resize(struct hash *h, unsigned int bits)
{
	struct hash old = *h;
	size_t i;

	h->bits = bits;
	h->bucket = need(calloc((size_t)1 << bits, sizeof(*h->bucket)));
	for (i = 0; i < hash_size(&old); i++) {
		while (old.bucket[i]) {
			struct hash_node *n = old.bucket[i];
			struct hash_node **slot = hash_slot(h, n->key);

			old.bucket[i] = n->next;
			n->next = *slot;
			*slot = n;
		}
	}
	free(old.bucket);
}

void hash_each(const struct hash *h, void (*each)(struct hash_node *n, void *ctx),
	       void *ctx)
{
	size_t i;

	for (i = 0; i < hash_size(h); i++) {
		struct hash_node *n = h->bucket[i];

		while (n) {
			struct hash_node *next = n->next;

			each(n, ctx);
			n = next;
		}
	}
}

void hash_free(struct hash *h)
{
	free(h->bucket);
	*h = (struct hash) { .count = 0 };
}

static void free_node(struct hash_node *n, void *ctx)
{
	(void)ctx;
	free(n);
}

void hash_free_all(struct hash *h)
{
	hash_each(h, free_node, NULL);
	hash_free(h);
}
