#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/merkle.h"
#include "common/record.h"
#include "common/seal.h"

/* Where things stand in the bytes of vote(). */
enum { AT_FORMAT = 3, AT_KIND = 39, AT_NAME = 44, AT_PADDING = 49 };

static evote_leaf
vote(char *voter, char *election)
{
	evote_leaf leaf = {.format = EVOTE_LEAF_FORMAT,
	    .seq = 7,
	    .epoch = 3,
	    .time = 1234567890123456,
	    .op.kind = EVOTE_OP_VOTE};
	evote_vote_op *op = &leaf.op.evote_op_u.vote;

	op->asker.voter = voter;
	op->asker.number = 42;
	op->ballot.election = election;
	return (leaf);
}

static struct record *
vote_record(void)
{
	char voter[] = "alice", election[] = "王大明", choice[] = "yes";
	char domain[] = "evote opening 1";
	evote_leaf leaf = vote(voter, election);
	union opening opening = {
	    .vote = {.domain = domain, .election = election, .choice = choice}};

	return (record_make(&leaf, &opening));
}

static void
there_and_back(void **state)
{
	struct record *made = vote_record(), *read;
	unsigned char hash[32];
	evote_leaf leaf;
	union opening opening;

	assert_non_null(made);
	read = record_read(record_leaf(made), made->leaf_len,
	    record_opening(made), made->opening_len);
	assert_non_null(read);
	assert_int_equal(read->refs, 1);
	assert_int_equal(read->seq, 7);
	assert_int_equal(read->epoch, 3);
	assert_int_equal(read->time, 1234567890123456);
	merkle_leaf_hash(hash, record_leaf(made), made->leaf_len);
	assert_memory_equal(made->hash, hash, 32);
	assert_memory_equal(read->hash, hash, 32);

	assert_int_equal(record_open(read, &leaf, &opening), 0);
	assert_int_equal(leaf.op.kind, EVOTE_OP_VOTE);
	assert_string_equal(leaf.op.evote_op_u.vote.asker.voter, "alice");
	assert_int_equal(leaf.op.evote_op_u.vote.asker.number, 42);
	assert_string_equal(opening.vote.election, "王大明");
	assert_string_equal(opening.vote.choice, "yes");
	record_clear(&leaf, &opening);
	record_clear(&leaf, &opening);
	record_drop(made);
	record_drop(read);
}

static void
references(void **state)
{
	struct record *r = vote_record();

	assert_ptr_equal(record_hold(r), r);
	record_drop(r);
	assert_int_equal(r->refs, 1);
	record_drop(r);
	record_drop(NULL);
}

static void
without_opening(void **state)
{
	struct record *voted = vote_record(), *r;
	evote_leaf leaf;
	union opening opening;

	r = record_read(record_leaf(voted), voted->leaf_len, NULL, 0);
	assert_non_null(r);
	assert_int_equal(r->opening_len, 0);
	assert_int_equal(record_open(r, &leaf, &opening), 0);
	assert_null(opening.vote.choice);
	record_clear(&leaf, &opening);
	record_drop(r);
	record_drop(voted);
}

/* A full roll goes beyond every small buffer; its leaf is the largest. */
static void
large(void **state)
{
	static evote_voter voters[EVOTE_ROLL_MAX];
	static char name[EVOTE_NAME_MAX + 2];
	evote_leaf leaf = {
	    .format = EVOTE_LEAF_FORMAT, .op.kind = EVOTE_OP_REGISTER};
	union opening none;
	struct record *r;

	memset(name, 'n', EVOTE_NAME_MAX);
	for (int i = 0; i < EVOTE_ROLL_MAX; i++)
		voters[i].name = voters[i].group = name;
	leaf.op.evote_op_u.voters.voters_len = EVOTE_ROLL_MAX;
	leaf.op.evote_op_u.voters.voters_val = voters;
	r = record_make(&leaf, NULL);
	assert_non_null(r);
	assert_true(r->leaf_len > 100000 && r->leaf_len <= EVOTE_LEAF_MAX);
	assert_int_equal(record_open(r, &leaf, &none), 0);
	assert_int_equal(leaf.op.evote_op_u.voters.voters_len, EVOTE_ROLL_MAX);
	record_clear(&leaf, &none);
	record_drop(r);
}

static void
over_a_limit(void **state)
{
	static char longer[EVOTE_NAME_MAX + 2];
	char name[] = "a";
	evote_leaf leaf = vote(longer, name);
	union opening opening = {
	    .vote = {.domain = name, .election = name, .choice = longer}};
	static char domain[EVOTE_TEXT_MAX + 1];
	unsigned char *bytes, hash[32];

	memset(longer, 'n', EVOTE_NAME_MAX + 1);
	assert_null(record_make(&leaf, NULL));
	assert_int_equal(
	    xdr_to_bytes((xdrproc_t)xdr_evote_leaf, &leaf, &bytes), -1);
	assert_int_equal(xdr_hash((xdrproc_t)xdr_evote_leaf, &leaf, hash), -1);
	leaf.op.evote_op_u.vote.asker.voter = name;
	assert_null(record_make(&leaf, &opening));
	longer[EVOTE_NAME_MAX] = '\0';
	leaf.op.evote_op_u.vote.asker.voter = longer;
	record_drop(record_make(&leaf, &opening));
	memset(domain, 'd', sizeof(domain) - 1);
	opening.vote.domain = domain;
	assert_null(record_make(&leaf, &opening));
}

/* What these bytes are a record of, if they are one. */
static struct record *
read_whole(const void *leaf, uint32_t leaf_len, const void *opening,
    uint32_t opening_len)
{
	struct record *r = record_read(leaf, leaf_len, opening, opening_len);

	if (r == NULL || record_is_whole(r))
		return (r);
	record_drop(r);
	return (NULL);
}

/* Reads the vote's record with one byte changed. */
static struct record *
read_with(struct record *r, uint32_t at, unsigned char value)
{
	unsigned char *bytes = malloc(r->leaf_len);
	struct record *read;

	memcpy(bytes, record_leaf(r), r->leaf_len);
	assert_int_not_equal(bytes[at], value);
	bytes[at] = value;
	read =
	    read_whole(bytes, r->leaf_len, record_opening(r), r->opening_len);
	free(bytes);
	return (read);
}

static void
one_form_only(void **state)
{
	struct record *r = vote_record();

	assert_memory_equal(record_leaf(r) + AT_NAME, "alice\0\0\0", 8);
	assert_null(read_with(r, AT_FORMAT, EVOTE_LEAF_FORMAT + 1));
	assert_null(read_with(r, AT_KIND, 99));
	assert_null(read_with(r, AT_NAME + 1, '\0'));
	assert_null(read_with(r, AT_PADDING, 1));
	assert_null(read_with(r, AT_NAME - 1, 200)); /* length */
	record_drop(r);
}

static void
bools_are_one_or_zero(void **state)
{
	char name[] = "a";
	evote_leaf leaf = {
	    .format = EVOTE_LEAF_FORMAT, .op.kind = EVOTE_OP_EPOCH};
	struct record *r;

	leaf.op.evote_op_u.epoch.name = name;
	leaf.op.evote_op_u.epoch.forced = 1;
	r = record_make(&leaf, NULL);
	assert_non_null(r);
	assert_null(read_with(r, r->leaf_len - 1, 2));
	record_drop(r);
}

static void
cut_off_or_longer(void **state)
{
	struct record *r = vote_record();
	unsigned char bytes[1024];

	for (uint32_t n = 0; n < r->leaf_len; n++)
		assert_null(read_whole(record_leaf(r), n, NULL, 0));
	for (uint32_t n = 1; n < r->opening_len; n++)
		assert_null(read_whole(
		    record_leaf(r), r->leaf_len, record_opening(r), n));
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, record_leaf(r), r->leaf_len);
	assert_null(read_whole(bytes, r->leaf_len + 4, NULL, 0));
	memcpy(bytes, record_opening(r), r->opening_len);
	assert_null(
	    read_whole(record_leaf(r), r->leaf_len, bytes, r->opening_len + 4));
	assert_null(read_whole(record_leaf(r), UINT32_MAX, NULL, 0));
	record_drop(r);
}

/* Whatever the byte, what is taken is what would be written again. */
static void
any_byte_changed(void **state)
{
	struct record *r = vote_record(), *read;

	for (uint32_t at = 0; at < r->leaf_len; at++) {
		read = read_with(r, at, record_leaf(r)[at] ^ 0x11);
		if (read == NULL)
			continue;
		assert_memory_not_equal(read->hash, r->hash, 32);
		record_drop(read);
	}
	record_drop(r);
}

static void
bytes_and_hash_agree(void **state)
{
	static char names[64][EVOTE_NAME_MAX + 1];
	static char *list[64];
	evote_election e = {.name = names[0], .choices = {64, list}};
	unsigned char *bytes, hash[2][32];
	struct seal_part part;
	long len;

	for (int i = 0; i < 64; i++) {
		memset(names[i], 'c', EVOTE_NAME_MAX);
		list[i] = names[i];
	}
	for (e.choices.choices_len = 0; e.choices.choices_len <= 64;
	     e.choices.choices_len += 16) {
		len = xdr_to_bytes((xdrproc_t)xdr_evote_election, &e, &bytes);
		assert_true(len > 0);
		part = (struct seal_part){bytes, (size_t)len};
		seal_hash(hash[0], &part, 1);
		assert_int_equal(
		    xdr_hash((xdrproc_t)xdr_evote_election, &e, hash[1]), 0);
		assert_memory_equal(hash[0], hash[1], 32);
		free(bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(references),
	    cmocka_unit_test(without_opening),
	    cmocka_unit_test(large),
	    cmocka_unit_test(over_a_limit),
	    cmocka_unit_test(one_form_only),
	    cmocka_unit_test(bools_are_one_or_zero),
	    cmocka_unit_test(cut_off_or_longer),
	    cmocka_unit_test(any_byte_changed),
	    cmocka_unit_test(bytes_and_hash_agree),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
