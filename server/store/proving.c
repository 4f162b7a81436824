#include "server/store/proving.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/merkle.h"
#include "common/need.h"
#include "common/record.h"
#include "common/seal.h"
#include "common/text.h"
#include "replica/core/config.h"

struct proving {
	const struct view_claim *claim;
	struct merkle *tree; /* of those that are proved */
	const char *wrong;   /* with the next one */
};

struct proving *
proving_begin(const struct view_claim *claim)
{
	struct proving *p = need_zeroed(1, sizeof(*p));

	p->claim = claim;
	p->tree = merkle_new();
	return (p);
}

/* NULL, or what is wrong with a record that is in its place. */
static const char *
content_wrong(const struct proving *p, const struct record *r)
{
	const char *wrong = NULL;
	union opening opening;
	evote_leaf leaf;

	if (record_open(r, &leaf, &opening) != 0)
		return ("is damaged");
	/* Whether its private part opens what the leaf commits to. */
	if (opening_xdr(leaf.op.kind) != NULL &&
	    !opening_fits(
		&opening, leaf.op.kind, &leaf.op.evote_op_u.vote.ballot))
		wrong = "is damaged";
	else if (p->claim->config && leaf.op.kind == EVOTE_OP_GENESIS &&
	    !config_id_fits(
		p->claim->cluster, leaf.op.evote_op_u.genesis.cluster))
		wrong = "is of another cluster than the configuration";
	record_clear(&leaf, &opening);
	return (wrong);
}

int
proving_row(void *arg, const struct view_row *row)
{
	struct proving *p = arg;
	struct record *r = record_read(
	    row->leaf, row->leaf_len, row->opening, row->opening_len);

	if (row->seq != merkle_size(p->tree))
		p->wrong = "is missing";
	else if (r == NULL || r->seq != row->seq ||
	    row->hash_len != SEAL_HASH ||
	    memcmp(r->hash, row->hash, SEAL_HASH) != 0)
		p->wrong = "is damaged";
	else
		p->wrong = content_wrong(p, r);
	if (p->wrong == NULL)
		merkle_append(p->tree, r->hash);
	record_drop(r);
	return (p->wrong == NULL ? 0 : -1);
}

/* In sync, a host has what was accepted when its configuration was decided. */
static const char *
end_wrong(const struct proving *p)
{
	const struct view_claim *claim = p->claim;
	unsigned char root[MERKLE_HASH];

	if (merkle_size(p->tree) < view_accepted(claim))
		return ("is missing, and was accepted");
	if (!claim->config || !claim->in_sync || claim->end.size == 0)
		return (NULL);
	merkle_root(p->tree, claim->end.size, root);
	if (memcmp(root, claim->end.root, sizeof(root)) != 0)
		return ("stands behind others than those that were accepted");
	return (NULL);
}

int
proving_holds(const struct proving *p, const char *todo, uint64_t *records,
    char *err, size_t errlen)
{
	const char *wrong = p->wrong != NULL ? p->wrong : end_wrong(p);

	*records = merkle_size(p->tree);
	if (wrong == NULL)
		return (0);
	return (text_why(
	    err, errlen, "record %" PRIu64 " %s: %s", *records, wrong, todo));
}

void
proving_end(struct proving *p)
{
	merkle_free(p->tree);
	free(p);
}
