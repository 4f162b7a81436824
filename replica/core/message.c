#include "replica/core/message.h"

#include <stdlib.h>
#include <string.h>

#include "replica/core/config.h"

static xdrproc_t
body_proc(enum message_kind kind, int reply)
{
	if (kind == SAY_HELLO)
		return ((xdrproc_t)xdr_evote_hello);
	if (kind == SAY_DECIDE)
		return (reply ? (xdrproc_t)xdr_evote_decided
			      : (xdrproc_t)xdr_evote_decide);
	if (kind == SAY_SIGN)
		return (reply ? (xdrproc_t)xdr_evote_signed_by
			      : (xdrproc_t)xdr_evote_sign);
	if (reply)
		return ((xdrproc_t)xdr_evote_acked);
	return (kind == SAY_APPEND ? (xdrproc_t)xdr_evote_append
				   : (xdrproc_t)xdr_evote_confirm);
}

static int
has_records(enum message_kind kind, int reply)
{
	return (kind == SAY_APPEND && !reply);
}

struct message *
message_new(enum message_kind kind, int reply)
{
	struct message *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return (NULL);
	m->kind = kind;
	m->reply = reply;
	return (m);
}

void
message_free(struct message *m)
{
	if (m == NULL)
		return;
	for (uint32_t i = 0; i < m->n; i++)
		record_drop(m->records[i]);
	free(m->records);
	xdr_free(body_proc(m->kind, m->reply), &m->u);
	free(m);
}

static long
append_encode(const struct message *m, unsigned char **out)
{
	evote_append a = m->u.append;
	evote_record *list = calloc(m->n + 1, sizeof(*list));
	long len;

	if (list == NULL)
		return (-1);
	/* The encoder only reads: each record is copied once, into *out. */
	for (uint32_t i = 0; i < m->n; i++) {
		const struct record *r = m->records[i];

		list[i].leaf.leaf_val = (char *)record_leaf(r);
		list[i].leaf.leaf_len = r->leaf_len;
		list[i].opening.opening_val = (char *)record_opening(r);
		list[i].opening.opening_len = r->opening_len;
	}
	a.records.records_val = list;
	a.records.records_len = m->n;
	len = xdr_to_bytes((xdrproc_t)xdr_evote_append, &a, out);
	free(list);
	return (len);
}

long
message_encode(const struct message *m, unsigned char **out)
{
	unsigned char *bytes;
	long len;

	if (has_records(m->kind, m->reply))
		len = append_encode(m, &bytes);
	else
		len = xdr_to_bytes(body_proc(m->kind, m->reply), &m->u, &bytes);
	if (len < 0)
		return (-1);
	if (len > EVOTE_SEALED_MAX) {
		free(bytes);
		return (-1);
	}
	*out = bytes;
	return (len);
}

/* Turns the decoded list into records and empties it; -1: one is not whole. */
static int
records_take(struct message *m)
{
	evote_append *a = &m->u.append;
	uint32_t n = a->records.records_len;

	m->records = calloc(n + 1, sizeof(*m->records));
	if (m->records == NULL)
		return (-1);
	for (; m->n < n; m->n++) {
		const evote_record *r = &a->records.records_val[m->n];

		m->records[m->n] =
		    record_read(r->leaf.leaf_val, r->leaf.leaf_len,
			r->opening.opening_val, r->opening.opening_len);
		if (m->records[m->n] == NULL)
			return (-1);
	}
	xdr_free((xdrproc_t)xdr_evote_append, a);
	a->records.records_val = NULL;
	a->records.records_len = 0;
	return (0);
}

/* XDR lets any number pass for an enum. */
static int
enums_known(const struct message *m)
{
	if (m->kind == SAY_HELLO)
		return ((unsigned)m->u.hello.role <= EVOTE_HALTED &&
		    (unsigned)m->u.hello.refusal < EVOTE_REFUSAL_NR &&
		    config_known(&m->u.hello.config));
	if (m->kind == SAY_DECIDE && m->reply)
		return ((unsigned)m->u.decided.verdict <= EVOTE_BLANK &&
		    config_known(&m->u.decided.config));
	if (m->kind == SAY_DECIDE)
		return (
		    m->u.decide.next == NULL || config_known(m->u.decide.next));
	if (m->kind == SAY_SIGN && m->reply)
		return ((unsigned)m->u.signed_by.taken <= EVOTE_UNFIT);
	if (m->reply)
		return ((unsigned)m->u.acked.taken <= EVOTE_UNFIT);
	return (1);
}

struct message *
message_decode(enum message_kind kind, int reply, const void *body, size_t len)
{
	struct message *m = message_new(kind, reply);

	if (m == NULL)
		return (NULL);
	if (xdr_from_bytes(body_proc(kind, reply), &m->u, body, len) != 0) {
		/* It has freed what it had decoded. */
		memset(&m->u, 0, sizeof(m->u));
		goto refuse;
	}
	if (!enums_known(m))
		goto refuse;
	if (has_records(kind, reply) && records_take(m) != 0)
		goto refuse;
	return (m);

refuse:
	message_free(m);
	return (NULL);
}
