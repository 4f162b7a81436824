/*
 * Messages to bytes and back, and bytes that are none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replica/core/config.h"
#include "replica/core/message.h"

static struct record *
vote(uint64_t seq)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = seq,
	    .epoch = 7,
	    .time = 1000 + seq};
	union opening opening = {.vote = {.domain = "evote opening 1",
				     .election = "president",
				     .choice = "王大明"}};
	evote_vote_op *op = &leaf.op.evote_op_u.vote;

	leaf.op.kind = EVOTE_OP_VOTE;
	op->asker.voter = "voter";
	op->ballot.election = "president";
	return (record_make(&leaf, &opening));
}

static struct record *
closing(uint64_t seq)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = seq,
	    .epoch = 7,
	    .time = 1000 + seq};

	leaf.op.kind = EVOTE_OP_CLOSE;
	leaf.op.evote_op_u.election = "president";
	return (record_make(&leaf, NULL));
}

/* A push of n votes and a close. */
static struct message *
push_of(uint32_t n)
{
	struct message *m = message_new(SAY_APPEND, 0);

	m->u.append.epoch = 7;
	m->u.append.round = 99;
	m->u.append.from = 10;
	m->u.append.after[31] = 5;
	m->u.append.committed = 9;
	m->records = calloc(n + 1, sizeof(*m->records));
	for (; m->n < n; m->n++)
		m->records[m->n] = vote(10 + m->n);
	m->records[m->n++] = closing(10 + n);
	return (m);
}

static struct message *
there_and_back(const struct message *m)
{
	unsigned char *bytes;
	long len = message_encode(m, &bytes);
	struct message *back;

	assert_true(len >= 0);
	back = message_decode(m->kind, m->reply, bytes, (size_t)len);
	assert_non_null(back);
	assert_int_equal(back->kind, m->kind);
	assert_int_equal(back->reply, m->reply);
	free(bytes);
	return (back);
}

static void
a_push_keeps_its_records(void **state)
{
	struct message *m = push_of(3), *back;

	/* References are the message's; the records outlive it. */
	struct record *kept = record_hold(m->records[1]);

	back = there_and_back(m);
	assert_int_equal(back->u.append.epoch, 7);
	assert_int_equal(back->u.append.round, 99);
	assert_int_equal(back->u.append.from, 10);
	assert_int_equal(back->u.append.committed, 9);
	assert_memory_equal(back->u.append.after, m->u.append.after, 32);
	assert_int_equal(back->u.append.records.records_len, 0);
	assert_int_equal(back->n, 4);
	for (uint32_t i = 0; i < 4; i++) {
		const struct record *a = m->records[i], *b = back->records[i];

		assert_int_equal(a->leaf_len, b->leaf_len);
		assert_int_equal(a->opening_len, b->opening_len);
		assert_memory_equal(
		    a->bytes, b->bytes, a->leaf_len + a->opening_len);
		assert_memory_equal(a->hash, b->hash, 32);
		assert_int_equal(b->seq, 10 + i);
	}
	message_free(m);
	message_free(back);
	assert_int_equal(kept->refs, 1);
	record_drop(kept);
}

/* The bytes are what evote.x says of evote_append, and nothing else. */
static void
a_push_is_plain_xdr(void **state)
{
	struct message *m = push_of(1);
	unsigned char *bytes;
	evote_append a = {0};
	long len = message_encode(m, &bytes);

	assert_int_equal(
	    xdr_from_bytes((xdrproc_t)xdr_evote_append, &a, bytes, (size_t)len),
	    0);
	assert_int_equal(a.records.records_len, 2);
	assert_memory_equal(a.records.records_val[0].leaf.leaf_val,
	    record_leaf(m->records[0]), m->records[0]->leaf_len);
	assert_memory_equal(a.records.records_val[0].opening.opening_val,
	    record_opening(m->records[0]), m->records[0]->opening_len);
	assert_int_equal(a.records.records_val[1].opening.opening_len, 0);
	xdr_free((xdrproc_t)xdr_evote_append, &a);
	free(bytes);
	message_free(m);
}

static struct message *
greeting(void)
{
	struct message *m = message_new(SAY_HELLO, 0);
	evote_hello *h = &m->u.hello;

	h->name = strdup("alpha");
	h->role = EVOTE_BACKUP;
	h->config.epoch = 3;
	h->config.hosts.hosts_val =
	    calloc(EVOTE_HOSTS_MAX, sizeof(evote_listed));
	config_host_add(&h->config, "alpha", "10.0.0.1:17001");
	config_arbiter(&h->config, EVOTE_ARBITER_WITNESS, "w=w:1");
	h->epochs.epochs_len = 2;
	h->epochs.epochs_val = calloc(2, sizeof(evote_position));
	h->epochs.epochs_val[1].size = 17;
	return (m);
}

static void
the_others_come_back(void **state)
{
	struct message *m = greeting(), *back = there_and_back(m);
	unsigned char *bytes;
	long len;

	assert_string_equal(back->u.hello.name, "alpha");
	assert_int_equal(back->u.hello.role, EVOTE_BACKUP);
	assert_int_equal(back->u.hello.epochs.epochs_val[1].size, 17);
	message_free(back);
	m->reply = 1;
	back = there_and_back(m);
	message_free(back);
	message_free(m);

	m = message_new(SAY_CONFIRM, 0);
	m->u.confirm.round = 4;
	back = there_and_back(m);
	assert_int_equal(back->u.confirm.round, 4);
	message_free(back);
	message_free(m);

	m = message_new(SAY_DECIDE, 0);
	m->u.decide.expected = 4;
	back = there_and_back(m);
	assert_int_equal(back->u.decide.expected, 4);
	assert_null(back->u.decide.next);
	message_free(back);
	message_free(m);

	m = message_new(SAY_DECIDE, 1);
	m->u.decided.verdict = EVOTE_DENIED;
	config_arbiter(&m->u.decided.config, EVOTE_ARBITER_NONE, "");
	back = there_and_back(m);
	assert_int_equal(back->u.decided.verdict, EVOTE_DENIED);
	message_free(back);
	message_free(m);

	m = message_new(SAY_SIGN, 0);
	m->u.sign.size = 5;
	m->u.sign.committed = 6;
	back = there_and_back(m);
	assert_int_equal(back->u.sign.size, 5);
	assert_int_equal(back->u.sign.committed, 6);
	message_free(back);
	message_free(m);

	m = message_new(SAY_SIGN, 1);
	m->u.signed_by.taken = EVOTE_GAP;
	m->u.signed_by.time = 7;
	m->u.signed_by.signature.evote_signature_val = strdup("signature");
	m->u.signed_by.signature.evote_signature_len = 9;
	back = there_and_back(m);
	assert_int_equal(back->u.signed_by.taken, EVOTE_GAP);
	assert_int_equal(back->u.signed_by.time, 7);
	assert_int_equal(back->u.signed_by.signature.evote_signature_len, 9);
	message_free(back);
	m->u.signed_by.taken = (evote_taken)(EVOTE_UNFIT + 1);
	len = message_encode(m, &bytes);
	assert_true(len > 0);
	assert_null(message_decode(SAY_SIGN, 1, bytes, (size_t)len));
	free(bytes);
	message_free(m);

	for (int kind = SAY_APPEND; kind <= SAY_CONFIRM; kind++) {
		m = message_new(kind, 1);
		m->u.acked.taken = EVOTE_GAP;
		m->u.acked.stored.size = 12;
		back = there_and_back(m);
		assert_int_equal(back->u.acked.taken, EVOTE_GAP);
		assert_int_equal(back->u.acked.stored.size, 12);
		message_free(back);
		message_free(m);
	}
}

static void
refused(enum message_kind kind, int reply, const void *bytes, size_t len)
{
	struct message *m = message_decode(kind, reply, bytes, len);

	message_free(m);
	assert_null(m);
}

static void
damaged_bytes_are_refused(void **state)
{
	struct message *m = push_of(2);
	unsigned char *bytes, *longer;
	long len = message_encode(m, &bytes);

	for (long i = 0; i < len; i++)
		refused(SAY_APPEND, 0, bytes, (size_t)i);
	longer = calloc(1, (size_t)len + 4);
	memcpy(longer, bytes, (size_t)len);
	refused(SAY_APPEND, 0, longer, (size_t)len + 4);
	refused(SAY_APPEND, 1, bytes, (size_t)len);
	refused(SAY_HELLO, 0, bytes, (size_t)len);
	free(longer);
	free(bytes);
	message_free(m);
}

/* One record that is not canonical spoils the push, whichever it is. */
static void
damaged_records_are_refused(void **state)
{
	for (uint32_t i = 0; i < 3; i++) {
		struct message *m = push_of(2);
		unsigned char *bytes;
		long len;

		m->records[i]->bytes[3] ^= 0x40; /* its format */
		len = message_encode(m, &bytes);
		refused(SAY_APPEND, 0, bytes, (size_t)len);
		free(bytes);
		message_free(m);
	}
}

static void
unknown_enums_are_refused(void **state)
{
	struct message *m = greeting();
	unsigned char *bytes;
	long len;

	m->u.hello.role = EVOTE_HALTED + 1;
	len = message_encode(m, &bytes);
	refused(SAY_HELLO, 0, bytes, (size_t)len);
	free(bytes);
	message_free(m);

	m = message_new(SAY_CONFIRM, 1);
	m->u.acked.taken = -1;
	len = message_encode(m, &bytes);
	refused(SAY_CONFIRM, 1, bytes, (size_t)len);
	free(bytes);
	message_free(m);
}

static void
encoded_is_refused(const struct message *m)
{
	unsigned char *bytes;
	long len = message_encode(m, &bytes);

	refused(m->kind, m->reply, bytes, (size_t)len);
	free(bytes);
}

/* R: the kind of an arbiter is an index into a table where status is made. */
static void
a_k_with_an_unknown_arbiter_is_refused(void **state)
{
	struct message *m = greeting();
	evote_config k;

	m->u.hello.config.arbiter.kind = EVOTE_ARBITER_ETCD + 1;
	encoded_is_refused(m);
	config_copy(&k, &m->u.hello.config);
	message_free(m);

	m = message_new(SAY_DECIDE, 0);
	m->u.decide.next = &k;
	encoded_is_refused(m);
	m->u.decide.next = NULL;
	message_free(m);

	m = message_new(SAY_DECIDE, 1);
	m->u.decided.config = k;
	encoded_is_refused(m);
	message_free(m);
}

static void
limits_hold(void **state)
{
	struct message *m = push_of(EVOTE_BATCH_MAX);
	unsigned char *bytes;

	/* One record more than a push may have. */
	assert_int_equal(message_encode(m, &bytes), -1);
	m->n--;
	record_drop(m->records[m->n]);
	assert_true(message_encode(m, &bytes) > 0);
	free(bytes);
	message_free(m);

	m = greeting();
	m->u.hello.epochs.epochs_len = EVOTE_EPOCHS_MAX + 1;
	free(m->u.hello.epochs.epochs_val);
	m->u.hello.epochs.epochs_val =
	    calloc(EVOTE_EPOCHS_MAX + 1, sizeof(evote_position));
	assert_int_equal(message_encode(m, &bytes), -1);
	m->u.hello.epochs.epochs_len--;
	message_free(there_and_back(m));
	message_free(m);
}

/* Many large records: within the count, over the bytes. */
static void
a_body_fits_its_seal(void **state)
{
	struct message *m = message_new(SAY_APPEND, 0);
	const uint32_t leaf = 100000, n = EVOTE_SEALED_MAX / leaf;
	struct record *r = calloc(1, sizeof(*r) + leaf);
	unsigned char *bytes;

	r->refs = n + 1;
	r->leaf_len = leaf;
	m->records = calloc(n, sizeof(*m->records));
	for (; m->n < n; m->n++)
		m->records[m->n] = r;
	assert_int_equal(message_encode(m, &bytes), -1);
	record_drop(m->records[--m->n]);
	assert_true(message_encode(m, &bytes) > 0);
	free(bytes);
	message_free(m);
	record_drop(r);
}

static void
nothing_is_fine(void **state)
{
	message_free(NULL);
	message_free(message_new(SAY_HELLO, 0));
	message_free(message_new(SAY_APPEND, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_push_keeps_its_records),
	    cmocka_unit_test(a_push_is_plain_xdr),
	    cmocka_unit_test(the_others_come_back),
	    cmocka_unit_test(damaged_bytes_are_refused),
	    cmocka_unit_test(damaged_records_are_refused),
	    cmocka_unit_test(unknown_enums_are_refused),
	    cmocka_unit_test(a_k_with_an_unknown_arbiter_is_refused),
	    cmocka_unit_test(limits_hold),
	    cmocka_unit_test(a_body_fits_its_seal),
	    cmocka_unit_test(nothing_is_fine),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
