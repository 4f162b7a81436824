/* What `verify` says of files, by a policy or by what this computer has met. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cmd.h"
#include "client/lib/keyring.h"
#include "common/merkle.h"
#include "common/receipt.h"
#include "common/record.h"
#include "naive.h"
#include "notes.h"
#include "scratch.h"

#define ORIGIN	"test origin"
#define CLUSTER "cccccccccccccccc"
#define LEAVES	8

struct world {
	char dir[200], policy[300];
	struct notaries by;
	int alone; /* beta does not sign */
	unsigned char *leaves[LEAVES];
	long lens[LEAVES];
	hash d[LEAVES];
	uint64_t n;
	char said[8000]; /* by the last `verify` */
};

static const char *
path_of(const struct world *w, const char *name)
{
	static char path[300];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return (path);
}

static void
file_put(const struct world *w, const char *name, const char *text)
{
	FILE *f = fopen(path_of(w, name), "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
leaf_add(struct world *w, evote_leaf *leaf)
{
	leaf->format = EVOTE_LEAF_FORMAT;
	leaf->seq = w->n;
	w->lens[w->n] =
	    xdr_to_bytes((xdrproc_t)xdr_evote_leaf, leaf, &w->leaves[w->n]);
	assert_true(w->lens[w->n] > 0);
	merkle_leaf_hash(w->d[w->n], w->leaves[w->n], (uint32_t)w->lens[w->n]);
	w->n++;
}

static void
vote_add(struct world *w, evote_reason why)
{
	evote_leaf leaf = {
	    .op.kind = EVOTE_OP_VOTE, .code = why != EVOTE_R_OK, .reason = why};
	evote_vote_op *op = &leaf.op.evote_op_u.vote;

	op->asker.voter = (char *)"ada";
	op->ballot.election = (char *)"board";
	leaf_add(w, &leaf);
}

static void
creation_add(struct world *w, evote_reason why)
{
	evote_leaf leaf = {.op.kind = EVOTE_OP_CREATE,
	    .code = why != EVOTE_R_OK,
	    .reason = why};

	leaf.op.evote_op_u.create.asker.voter = (char *)"ada";
	leaf.op.evote_op_u.create.election.name = (char *)"board";
	leaf_add(w, &leaf);
}

/* A checkpoint of the first records. */
static char *
note_of(const struct world *w, uint64_t size)
{
	static char note[4096];
	char text[NOTE_TEXT];
	hash root;

	naive_hash((hash *)w->d, size, root);
	note_text(text, w->by.log.public.name, size, root);
	note_begin(note, sizeof(note), text);
	notary_sign(note, sizeof(note), &w->by.log, text, 0);
	notary_sign(note, sizeof(note), &w->by.alpha, text, 1000);
	if (!w->alone)
		notary_sign(note, sizeof(note), &w->by.beta, text, 1000);
	return (note);
}

static void
note_put(const struct world *w, const char *name, uint64_t size)
{
	file_put(w, name, note_of(w, size));
}

static void
receipt_put(const struct world *w, const char *name, uint64_t seq)
{
	hash path[LEAVES];
	size_t n = naive_path((hash *)w->d, seq, w->n, path);
	char *text = receipt_write(w->leaves[seq], (size_t)w->lens[seq], seq,
	    path, n, note_of(w, w->n));

	file_put(w, name, text);
	free(text);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct tlog_policy *p;
	char *text;

	assert_non_null(scratch_make(w->dir, sizeof(w->dir)));
	w->by = notaries_new(ORIGIN, (const unsigned char *)CLUSTER);
	p = tlog_policy_new(&w->by.log.public);
	tlog_policy_add(p, "alpha", &w->by.alpha.public);
	tlog_policy_add(p, "beta", &w->by.beta.public);
	text = tlog_policy_write(p, "# of a test\n");
	file_put(w, "policy", text);
	snprintf(w->policy, sizeof(w->policy), "%s", path_of(w, "policy"));
	free(text);
	tlog_policy_free(p);
	*state = w;
	return (0);
}

static int
teardown(void **state)
{
	struct world *w = *state;

	for (uint64_t i = 0; i < w->n; i++)
		free(w->leaves[i]);
	notaries_free(&w->by);
	scratch_remove(w->dir);
	free(w);
	return (0);
}

/* What this computer has met: a host's key from its record on. */
static void
met(const struct world *w, const char *checkpoint)
{
	struct keyring k = {0};
	evote_host_op op = {0};
	char *text, dir[] = "63636363636363636363636363636363";

	keyring_begin(&k, ORIGIN, (const unsigned char *)CLUSTER,
	    w->by.log.public.public);
	for (int i = 0; i < 2; i++) {
		op.name = (char *)(i == 0 ? "alpha" : "beta");
		op.incarnation[0] = (char)('a' + i);
		memcpy(op.key,
		    (i == 0 ? &w->by.alpha : &w->by.beta)->public.public,
		    sizeof(op.key));
		keyring_add(&k, (uint64_t)i, &op);
	}
	text = keyring_write(&k);
	assert_int_equal(mkdir(path_of(w, dir), 0700), 0);
	file_put(w, "63636363636363636363636363636363/service",
	    "cluster 63636363636363636363636363636363\norigin " ORIGIN "\n");
	file_put(w, "63636363636363636363636363636363/keys", text);
	file_put(w, "63636363636363636363636363636363/checkpoint", checkpoint);
	free(text);
	keyring_clear(&k);
}

/* verify NAME ...: its exit status, and what it said. */
static int
verify(struct world *w, const char *policy, int n, const char *const *names)
{
	struct client c = {
	    .json = cJSON_CreateObject(), .options.state = w->dir};
	char paths[4][300], *argv[4], *said;
	int status;

	for (int i = 0; i < n; i++) {
		snprintf(
		    paths[i], sizeof(paths[i]), "%s", path_of(w, names[i]));
		argv[i] = paths[i];
	}
	status = cmd_verify.run(&c, &policy, n, argv);
	said = cJSON_PrintUnformatted(c.json);
	snprintf(w->said, sizeof(w->said), "%s", said);
	cJSON_free(said);
	cJSON_Delete(c.json);
	return (status);
}

static void
says(const struct world *w, const char *what)
{
	if (strstr(w->said, what) == NULL)
		fail_msg("nothing of %s in %s", what, w->said);
}

#define VERIFY(w, policy, ...)                                      \
	verify(w, policy,                                           \
	    sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), \
	    (const char *[]){__VA_ARGS__})

/* A record says whether what was asked for was granted. */
static void
test_refused(void **state)
{
	struct world *w = *state;

	vote_add(w, EVOTE_R_OK);
	vote_add(w, EVOTE_R_CLOSED);
	creation_add(w, EVOTE_R_OK);
	creation_add(w, EVOTE_R_NAME_TAKEN);
	for (uint64_t i = 0; i < w->n; i++) {
		char name[2] = {(char)('0' + i), '\0'};

		receipt_put(w, name, i);
	}
	assert_int_equal(VERIFY(w, w->policy, "0"), EXIT_DONE);
	says(w, "that a vote of ada in \\\"board\\\" was accepted at");
	assert_null(strstr(w->said, "\"refused\""));
	assert_int_equal(VERIFY(w, w->policy, "1"), EXIT_DONE);
	says(w, "that a vote of ada in \\\"board\\\" was refused (closed) at");
	says(w, "\"refused\":\"closed\"");
	assert_int_equal(VERIFY(w, w->policy, "2"), EXIT_DONE);
	says(w, "that ada created the election \\\"board\\\" at");
	assert_int_equal(VERIFY(w, w->policy, "3"), EXIT_DONE);
	says(w,
	    "that ada asked for the election \\\"board\\\", which was refused "
	    "(name-taken) at");
}

/* Two that the service has signed, of as many records, and not of the same. */
static void
test_contradiction(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++)
		vote_add(w, EVOTE_R_OK);
	note_put(w, "before", 3);
	note_put(w, "longer", 5);
	receipt_put(w, "mine", 0);
	w->d[1][0] ^= 1;
	note_put(w, "other", 3);
	/* One host for each: neither is enough, and still it is seen. */
	w->alone = 1;
	note_put(w, "alone", 3);
	receipt_put(w, "theirs", 4);
	assert_int_equal(
	    VERIFY(w, w->policy, "before", "longer", "mine"), EXIT_DONE);
	assert_int_equal(VERIFY(w, w->policy, "other", "longer"), EXIT_DONE);
	assert_int_equal(VERIFY(w, w->policy, "alone"), EXIT_REFUSED);
	assert_int_equal(
	    VERIFY(w, w->policy, "before", "longer", "other"), EXIT_CHANGED);
	says(w, "/before contradict each other: the service has signed both");
	says(w, "\"contradicts\":\"/");
	says(w, "\"reason\":\"service-changed\"");
	assert_int_equal(VERIFY(w, w->policy, "before", "alone"), EXIT_CHANGED);
	assert_int_equal(VERIFY(w, w->policy, "alone", "before"), EXIT_CHANGED);
	assert_int_equal(VERIFY(w, w->policy, "mine", "theirs"), EXIT_CHANGED);
}

/* A file that cannot be read, in whichever place, hides no contradiction. */
static void
test_missing(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 3; i++)
		vote_add(w, EVOTE_R_OK);
	note_put(w, "before", 3);
	w->d[1][0] ^= 1;
	note_put(w, "other", 3);
	assert_int_equal(VERIFY(w, w->policy, "missing"), EXIT_USAGE);
	says(w, "/missing cannot be read: No such file");
	assert_int_equal(VERIFY(w, w->policy, "before", "missing"), EXIT_USAGE);
	says(w, "1 of 2 files cannot be read");
	says(w, "/before proves that");
	assert_int_equal(VERIFY(w, w->policy, "missing", "before"), EXIT_USAGE);
	says(w, "/before proves that");
	assert_int_equal(
	    VERIFY(w, w->policy, "before", "other", "missing"), EXIT_CHANGED);
	assert_int_equal(
	    VERIFY(w, w->policy, "missing", "before", "other"), EXIT_CHANGED);
	says(w, "/before contradict each other");
	says(w, "/missing cannot be read: No such file");
}

/* Nor does what somebody has changed beside the service's own signature. */
static void
test_forged(void **state)
{
	struct world *w = *state;
	char *text, *at, saved;

	for (int i = 0; i < 3; i++)
		vote_add(w, EVOTE_R_OK);
	note_put(w, "before", 3);
	w->d[1][0] ^= 1;
	text = strdup(note_of(w, 3));
	/* The end of beta's line, and the like of the log's. */
	at = text + strlen(text) - 10;
	saved = *at;
	*at = saved == 'A' ? 'B' : 'A';
	file_put(w, "host", text);
	*at = saved;
	at = strchr(strstr(text, "\n\n") + 2, '\n') - 10;
	*at = *at == 'A' ? 'B' : 'A';
	file_put(w, "log", text);
	free(text);
	assert_int_equal(VERIFY(w, w->policy, "host"), EXIT_REFUSED);
	says(w, "the signature of beta is not genuine");
	assert_int_equal(VERIFY(w, w->policy, "before", "host"), EXIT_CHANGED);
	assert_int_equal(VERIFY(w, w->policy, "host", "before"), EXIT_CHANGED);
	says(w, "/host contradict each other");
	/* Whoever has made that one is not the service. */
	assert_int_equal(VERIFY(w, w->policy, "before", "log"), EXIT_REFUSED);
	assert_int_equal(VERIFY(w, w->policy, "log", "before"), EXIT_REFUSED);
	/* The record is another one than that of the checkpoint. */
	w->d[0][0] ^= 1;
	receipt_put(w, "record", 0);
	assert_int_equal(VERIFY(w, w->policy, "record"), EXIT_REFUSED);
	says(w, "its record does not belong to its checkpoint");
	assert_int_equal(
	    VERIFY(w, w->policy, "before", "record"), EXIT_CHANGED);
	assert_int_equal(
	    VERIFY(w, w->policy, "record", "before"), EXIT_CHANGED);
}

/* Or one, beside the last that this computer has seen. */
static void
test_unlike_seen(void **state)
{
	struct world *w = *state;
	char *seen;

	for (int i = 0; i < 5; i++)
		vote_add(w, EVOTE_R_OK);
	note_put(w, "same", 4);
	seen = strdup(note_of(w, 4));
	w->d[1][0] ^= 1;
	note_put(w, "other", 4);
	note_put(w, "longer", 5);
	assert_int_equal(VERIFY(w, NULL, "same"), EXIT_REFUSED);
	says(w, "has not met the service");
	met(w, seen);
	assert_int_equal(VERIFY(w, NULL, "same"), EXIT_DONE);
	assert_int_equal(VERIFY(w, NULL, "longer", "same"), EXIT_DONE);
	assert_int_equal(VERIFY(w, NULL, "other"), EXIT_CHANGED);
	says(w, "636363/checkpoint contradict each other");
	/* Whom somebody else trusts was not met here. */
	assert_int_equal(VERIFY(w, w->policy, "other"), EXIT_DONE);
	free(seen);
}

/* Hosts may have joined since this computer asked for their keys. */
static void
test_keys_of_before(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++)
		vote_add(w, EVOTE_R_OK);
	note_put(w, "4", 4);
	note_put(w, "5", 5);
	receipt_put(w, "mine", 0);
	met(w, note_of(w, 4));
	/* By the last record of a host, as an older version would. */
	assert_int_equal(VERIFY(w, NULL, "4"), EXIT_DONE);
	says(w, "as far as this computer knows the hosts' keys (of 2 records)");
	file_put(w, "63636363636363636363636363636363/keys-asked", "4 5\n");
	assert_int_equal(VERIFY(w, NULL, "4"), EXIT_DONE);
	assert_null(strstr(w->said, "as far as"));
	assert_null(strstr(w->said, "keys_of"));
	assert_int_equal(VERIFY(w, NULL, "5"), EXIT_DONE);
	says(w, "as far as this computer knows the hosts' keys (of 4 records)");
	says(w, "\"keys_of\":4");
	assert_int_equal(VERIFY(w, NULL, "mine"), EXIT_DONE);
	says(w, "(of 4 records), and nobody can take it out unnoticed");
	assert_int_equal(VERIFY(w, w->policy, "mine"), EXIT_DONE);
	assert_null(strstr(w->said, "as far as"));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(test_##t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(refused),
	    TEST(contradiction),
	    TEST(missing),
	    TEST(forged),
	    TEST(unlike_seen),
	    TEST(keys_of_before),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
