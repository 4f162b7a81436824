#include "client/histories.h"

#include <stdlib.h>
#include <string.h>

#include "common/need.h"

void
histories_clear(struct histories *h)
{
	for (unsigned i = 0; i < h->n; i++) {
		free(h->list[i].file);
		free(h->list[i].log);
	}
	free(h->list);
	memset(h, 0, sizeof(*h));
}

const char *
histories_add(struct histories *h, const char *file, const struct note *n)
{
	struct shown_root *at;

	for (unsigned i = 0; i < h->n; i++) {
		at = &h->list[i];
		if (at->size == n->size && strcmp(at->log, n->log) == 0 &&
		    memcmp(at->root, n->root, sizeof(at->root)) != 0)
			return (at->file);
	}
	h->list = need_room(h->list, h->n, sizeof(*h->list));
	at = &h->list[h->n++];
	at->file = need_copy(file);
	at->log = need_copy(n->log);
	at->size = n->size;
	memcpy(at->root, n->root, sizeof(at->root));
	return (NULL);
}
