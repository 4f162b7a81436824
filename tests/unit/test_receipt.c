#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/extension.h"
#include "common/merkle.h"
#include "common/receipt.h"
#include "common/tlog_policy.h"
#include "notes.h"

#define SIZE  5
#define INDEX 2

static const unsigned char cluster[16] = {0xab};

/* A ledger of SIZE leaves, the receipt of one, and who signed. */
struct world {
	struct notaries by;
	unsigned char leaf[SIZE];
	unsigned char path[3][SEAL_HASH];
	char *text; /* of the receipt */
	struct receipt receipt;
};

static void
node(unsigned char out[SEAL_HASH], const unsigned char *a,
    const unsigned char *b)
{
	const struct seal_part parts[] = {
	    {"\x01", 1}, {a, SEAL_HASH}, {b, SEAL_HASH}};

	seal_hash(out, parts, 3);
}

static int
world_make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned char h[SIZE][SEAL_HASH], root[SEAL_HASH];
	char text[NOTE_TEXT], note[4096];
	struct merkle *m = merkle_new();

	for (unsigned char i = 0; i < SIZE; i++) {
		w->leaf[i] = (unsigned char)('a' + i);
		merkle_leaf_hash(h[i], &w->leaf[i], 1);
		merkle_append(m, h[i]);
	}
	memcpy(w->path[0], h[3], SEAL_HASH);
	node(w->path[1], h[0], h[1]);
	memcpy(w->path[2], h[4], SEAL_HASH);
	merkle_root(m, SIZE, root);
	merkle_free(m);
	w->by = notaries_new("o", cluster);
	note_text(text, w->by.log.public.name, SIZE, root);
	note_begin(note, sizeof(note), text);
	notary_sign(note, sizeof(note), &w->by.log, text, 0);
	notary_sign(note, sizeof(note), &w->by.alpha, text, 100);
	notary_sign(note, sizeof(note), &w->by.beta, text, 101);
	w->text = receipt_write(&w->leaf[INDEX], 1, INDEX, w->path, 3, note);
	*state = w;
	return (0);
}

static int
world_free(void **state)
{
	struct world *w = *state;

	receipt_clear(&w->receipt);
	notaries_free(&w->by);
	free(w->text);
	free(w);
	return (0);
}

static struct tlog_policy *
policy_of(const struct world *w)
{
	struct tlog_policy *p = tlog_policy_new(&w->by.log.public);

	assert_int_equal(tlog_policy_add(p, "alpha", &w->by.alpha.public), 0);
	assert_int_equal(tlog_policy_add(p, "beta", &w->by.beta.public), 0);
	return (p);
}

static enum tlog_judgement
judgement(const struct tlog_policy *p, const struct note *n)
{
	struct tlog_verdict v;

	tlog_policy_judge(p, n, &v);
	return (v.judgement);
}

static void
whole(void **state)
{
	struct world *w = *state;
	struct tlog_policy *p = policy_of(w);
	struct tlog_verdict v;
	char err[200];

	assert_int_equal(receipt_read(&w->receipt, w->text, strlen(w->text),
			     err, sizeof(err)),
	    0);
	assert_int_equal(w->receipt.leaf_len, 1);
	assert_int_equal(w->receipt.leaf[0], 'c');
	assert_int_equal(w->receipt.index, INDEX);
	assert_int_equal(w->receipt.n, 3);
	assert_true(receipt_fits(&w->receipt));
	tlog_policy_judge(p, &w->receipt.note, &v);
	assert_int_equal(v.judgement, TLOG_GOOD);
	assert_int_equal(v.signed_by, 3);
	assert_int_equal(v.latest_s, 101);
	tlog_policy_free(p);
}

/* Whichever bit is flipped, it is refused by one of the three steps. */
static void
each_flipped_bit_is_found(void **state)
{
	struct world *w = *state;
	struct tlog_policy *p = policy_of(w);
	size_t len = strlen(w->text);
	struct receipt r;
	char err[200];

	for (size_t bit = 0; bit < 8 * len; bit++) {
		w->text[bit / 8] ^= (char)(1 << bit % 8);
		if (receipt_read(&r, w->text, len, err, sizeof(err)) == 0)
			assert_false(receipt_fits(&r) &&
			    judgement(p, &r.note) == TLOG_GOOD);
		receipt_clear(&r);
		w->text[bit / 8] ^= (char)(1 << bit % 8);
	}
	tlog_policy_free(p);
}

/* Cut off anywhere, it is no receipt, or has too few signatures. */
static void
each_cut_is_found(void **state)
{
	struct world *w = *state;
	struct tlog_policy *p = policy_of(w);
	struct receipt r;
	char err[200];

	for (size_t len = 0; len < strlen(w->text); len++) {
		char *copy = strndup(w->text, len);

		if (receipt_read(&r, copy, len, err, sizeof(err)) == 0)
			assert_int_not_equal(judgement(p, &r.note), TLOG_GOOD);
		receipt_clear(&r);
		free(copy);
	}
	tlog_policy_free(p);
}

#define HASH "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo=\n"
#define HEAD RECEIPT_HEAD "extra AAAA\nindex 0\n"
#define NOTE "log\n1\n" HASH "\n\xe2\x80\x94 log AAAAAAA=\n"

static void
files_that_are_no_receipts(void **state)
{
	static const char *const wrong[][2] = {
	    {"", "line 1 is not that of a receipt, c2sp.org/tlog-proof@v1"},
	    {"c2sp.org/tlog-proof@v1\r\nextra AAAA\r\n", RESAVED_CR},
	    {"\xef\xbb\xbf" HEAD "\n" NOTE, RESAVED_MARK},
	    {"c2sp.org/tlog-proof@v2\nextra AAAA\nindex 0\n\n" NOTE,
		"line 1 is not that of a receipt, c2sp.org/tlog-proof@v1"},
	    {"c2sp.org/tlog-proof@v\nextra AAAA\nindex 0\n\n" NOTE,
		"line 1 is not that of a receipt, c2sp.org/tlog-proof@v1"},
	    {RECEIPT_HEAD "index 0\n\n" NOTE,
		"it holds no record: line 2 does not begin with extra"},
	    {RECEIPT_HEAD "extra AAA\nindex 0\n\n" NOTE,
		"the record in line 2 is not base64"},
	    {RECEIPT_HEAD "extra \nindex 0\n\n" NOTE,
		"the record in line 2 is not base64"},
	    {RECEIPT_HEAD "extra AAAA\nindex 01\n\n" NOTE,
		"line 3 is not the index"},
	    {RECEIPT_HEAD "extra AAAA\nindex -1\n\n" NOTE,
		"line 3 is not the index"},
	    {RECEIPT_HEAD "extra AAAA\nindex 18446744073709551616\n\n" NOTE,
		"line 3 is not the index"},
	    {RECEIPT_HEAD "extra AAAA\n\n" NOTE, "line 3 is not the index"},
	    {HEAD HASH "AAAA\n\n" NOTE, "line 5 is not a hash of the path"},
	    {HEAD HASH, "it ends before the checkpoint"},
	    {HEAD "\n" HEAD "\n" NOTE,
		"in the checkpoint, which begins after line 4, line 2 is not "
		"the size"},
	    {HEAD "\n" NOTE NOTE,
		"in the checkpoint, which begins after line 4, there is an "
		"empty line within the checkpoint"},
	    {HEAD "\n" NOTE "more\n",
		"in the checkpoint, which begins after line 4, the line of "
		"signature 2 is not one"},
	};
	struct receipt r;
	char err[200], big[10000] = HEAD;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(receipt_read(&r, wrong[i][0],
				     strlen(wrong[i][0]), err, sizeof(err)),
		    -1);
		assert_string_equal(err, wrong[i][1]);
	}
	for (int i = 0; i < 65; i++)
		strcat(big, HASH);
	strcat(big, "\n" NOTE);
	assert_int_equal(
	    receipt_read(&r, big, strlen(big), err, sizeof(err)), -1);
	assert_string_equal(err, "its path has more than 64 hashes");
}

/* The file given out is read again, byte for byte. */
static void
doubled(void **state)
{
	struct world *w = *state;
	char *twice, err[200];

	assert_int_not_equal(asprintf(&twice, "%s%s", w->text, w->text), -1);
	assert_int_equal(
	    receipt_read(&w->receipt, twice, strlen(twice), err, sizeof(err)),
	    -1);
	assert_string_equal(err,
	    "in the checkpoint, which begins after line 7, there is an empty "
	    "line within the checkpoint");
	free(twice);
}

/* As c2sp.org/tlog-witness has the request of add-checkpoint. */
static void
extension(void **state)
{
	unsigned char path[2][SEAL_HASH] = {{0}, {255, 255, 255}};
	char *text = extension_write(5, path, 2, "the note\n");

	assert_string_equal(text,
	    "old 5\n"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	    "////AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	    "\n"
	    "the note\n");
	free(text);
	text = extension_write(UINT64_MAX, NULL, 0, "");
	assert_string_equal(text, "old 18446744073709551615\n\n");
	free(text);
}

int
main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, world_make, world_free)
	const struct CMUnitTest tests[] = {
	    WITH(whole),
	    WITH(each_flipped_bit_is_found),
	    WITH(each_cut_is_found),
	    WITH(doubled),
	    cmocka_unit_test(files_that_are_no_receipts),
	    cmocka_unit_test(extension),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
