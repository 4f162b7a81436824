#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/note.h"
#include "notes.h"

#define ORIGIN "election.example"

static const unsigned char cluster[16] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void
sign(char *note, size_t size, const struct notary *s, const char *text,
    uint64_t time_s)
{
	assert_int_equal(notary_sign(note, size, s, text, time_s), 0);
}

struct world {
	struct notaries by;
	char text[NOTE_TEXT], note[4096];
};

/* A note that the log and alpha have signed. */
static int
world_make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	unsigned char root[SEAL_HASH];

	memset(root, 0x5a, sizeof(root));
	w->by = notaries_new(ORIGIN, cluster);
	note_text(w->text, w->by.log.public.name, 42, root);
	assert_int_equal(note_begin(w->note, sizeof(w->note), w->text), 0);
	sign(w->note, sizeof(w->note), &w->by.log, w->text, 0);
	sign(w->note, sizeof(w->note), &w->by.alpha, w->text, 1764374401);
	*state = w;
	return (0);
}

static int
world_free(void **state)
{
	struct world *w = *state;

	notaries_free(&w->by);
	free(w);
	return (0);
}

/* ---- names ---- */

static void
names_are_escaped(void **state)
{
	char out[NOTE_NAME], small[8];

	assert_int_equal(note_log_name(out, "a b+c%d", cluster), 0);
	assert_string_equal(
	    out, "a%20b%2Bc%25d/000102030405060708090a0b0c0d0e0f");
	/* A no-break space is white space, and a letter of Chinese is not. */
	assert_int_equal(note_escape(out, sizeof(out), "x\xc2\xa0王\x01"), 0);
	assert_string_equal(out, "x%C2%A0王%01");
	assert_int_equal(note_host_name(out, "log", "al pha"), 0);
	assert_string_equal(out, "log/al%20pha");
	assert_int_equal(note_escape(small, sizeof(small), "1234567"), 0);
	assert_int_equal(note_escape(small, sizeof(small), "12345678"), -1);
	assert_int_equal(note_escape(small, sizeof(small), "12345 "), -1);
}

static void
long_names_are_refused(void **state)
{
	char origin[NOTE_NAME], out[NOTE_NAME];

	memset(origin, 'o', sizeof(origin));
	origin[NOTE_NAME - 34] = '\0';
	assert_int_equal(note_log_name(out, origin, cluster), 0);
	assert_int_equal(note_host_name(origin, out, "alpha"), -1);
	memset(origin, 'o', sizeof(origin));
	origin[NOTE_NAME - 33] = '\0';
	assert_int_equal(note_log_name(out, origin, cluster), -1);
}

/* ---- keys ---- */

/* The examples of c2sp.org/signed-note. */
static void
published_key_verifies_published_note(void **state)
{
	static const char vkey[] =
	    "example.com/foo+530d903a+"
	    "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
	static const char text[] = "This is an example message.\n";
	static const char name[] = "example.com/foo";
	static const char blob[] =
	    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOB"
	    "H3mFXmRKuwHjG1Yu72IneyaQM=";
	struct note n = {.text = text, .text_len = sizeof(text) - 1, .n = 1};
	struct note_key key;
	char err[100], again[NOTE_VKEY];

	assert_int_equal(note_vkey_read(&key, vkey, err, sizeof(err)), 0);
	note_vkey_write(&key, again);
	assert_string_equal(again, vkey);
	n.lines[0] =
	    (struct note_line){name, sizeof(name) - 1, blob, sizeof(blob) - 1};
	assert_int_equal(note_verify(&n, &key, NULL), NOTE_SIGNED);
	n.text_len--;
	assert_int_equal(note_verify(&n, &key, NULL), NOTE_FORGED);
}

static void
keys_that_are_none(void **state)
{
	static const char *const wrong[][2] = {
	    {"", "it is not NAME+ID+KEY"},
	    {"example.com/foo+530d903a", "it is not NAME+ID+KEY"},
	    {"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"the name is not one of a key"},
	    {"a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"the name is not one of a key"},
	    {"example.com/foo+530d903b+"
	     "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"the id is not that of the key"},
	    {"example.com/foo+530D903A+"
	     "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"the id is not that of the key"},
	    {"example.com/foo+530d903a+"
	     "BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"the id is not that of the key"},
	    {"example.com/foo+530d903a+"
	     "CekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
		"it is not an Ed25519 key of a log or of a cosigner"},
	    {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKa",
		"it is not an Ed25519 key of a log or of a cosigner"},
	};
	struct note_key key;
	char err[100];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    note_vkey_read(&key, wrong[i][0], err, sizeof(err)), -1);
		assert_string_equal(err, wrong[i][1]);
	}
}

/* ---- notes ---- */

static void
signed_and_not(void **state)
{
	struct world *w = *state;
	struct note n;
	uint64_t at = 1;
	char err[100];

	assert_int_equal(
	    note_read(&n, w->note, strlen(w->note), err, sizeof(err)), 0);
	assert_int_equal(n.n, 2);
	assert_int_equal(n.size, 42);
	assert_int_equal(n.root[31], 0x5a);
	assert_string_equal(n.log, w->by.log.public.name);
	assert_int_equal(note_verify(&n, &w->by.log.public, &at), NOTE_SIGNED);
	assert_int_equal(at, 0);
	assert_int_equal(
	    note_verify(&n, &w->by.alpha.public, &at), NOTE_SIGNED);
	assert_int_equal(at, 1764374401);
	assert_int_equal(
	    note_verify(&n, &w->by.beta.public, &at), NOTE_UNSIGNED);
}

/* As tlog-cosignature says. */
static void
times_are_below_2_to_63(void **state)
{
	struct world *w = *state;
	struct note n;
	char err[100];

	for (int i = 0; i < 2; i++) {
		note_begin(w->note, sizeof(w->note), w->text);
		sign(w->note, sizeof(w->note), &w->by.beta, w->text,
		    (uint64_t)INT64_MAX + (uint64_t)i);
		assert_int_equal(
		    note_read(&n, w->note, strlen(w->note), err, sizeof(err)),
		    0);
		assert_int_equal(note_verify(&n, &w->by.beta.public, NULL),
		    i == 0 ? NOTE_SIGNED : NOTE_FORGED);
	}
}

/* Whichever bit is flipped, nobody has signed that. */
static void
each_flipped_bit_is_found(void **state)
{
	struct world *w = *state;
	size_t len = strlen(w->note);
	struct note n;
	char err[100], *copy;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		copy = strdup(w->note);
		copy[bit / 8] ^= (char)(1 << bit % 8);
		if (note_read(&n, copy, len, err, sizeof(err)) == 0)
			assert_false(note_verify(&n, &w->by.log.public, NULL) ==
				NOTE_SIGNED &&
			    note_verify(&n, &w->by.alpha.public, NULL) ==
				NOTE_SIGNED);
		free(copy);
	}
}

/* A cosignature is none of another time, nor a log's, nor under a new name. */
static void
signatures_are_not_for_other_things(void **state)
{
	struct world *w = *state;
	struct notary other = w->by.alpha;
	unsigned char sig[SEAL_SIG];
	struct note n;
	char err[100];

	note_cosign(w->by.alpha.key, w->text, 7, sig);
	assert_int_equal(note_begin(w->note, sizeof(w->note), w->text), 0);
	assert_int_equal(
	    note_add(w->note, sizeof(w->note), &w->by.alpha.public, 8, sig), 0);
	assert_int_equal(
	    note_read(&n, w->note, strlen(w->note), err, sizeof(err)), 0);
	assert_int_equal(
	    note_verify(&n, &w->by.alpha.public, NULL), NOTE_FORGED);
	note_key_set(&other.public, NOTE_LOG, w->by.alpha.public.name,
	    w->by.alpha.public.public);
	assert_int_equal(note_begin(w->note, sizeof(w->note), w->text), 0);
	assert_int_equal(
	    note_add(w->note, sizeof(w->note), &other.public, 0, sig), 0);
	assert_int_equal(
	    note_read(&n, w->note, strlen(w->note), err, sizeof(err)), 0);
	assert_int_equal(
	    note_verify(&n, &w->by.alpha.public, NULL), NOTE_UNSIGNED);
	assert_int_equal(note_verify(&n, &other.public, NULL), NOTE_FORGED);
}

/* One good signature does not make up for a forged one of the same key. */
static void
a_second_line_of_a_key_counts_too(void **state)
{
	struct world *w = *state;
	unsigned char sig[SEAL_SIG] = {0};
	struct note n;
	char err[100];

	assert_int_equal(
	    note_add(w->note, sizeof(w->note), &w->by.log.public, 0, sig), 0);
	assert_int_equal(
	    note_read(&n, w->note, strlen(w->note), err, sizeof(err)), 0);
	assert_int_equal(note_verify(&n, &w->by.log.public, NULL), NOTE_FORGED);
	assert_int_equal(
	    note_verify(&n, &w->by.alpha.public, NULL), NOTE_SIGNED);
	sign(w->note, sizeof(w->note), &w->by.log, w->text, 0);
	assert_int_equal(
	    note_read(&n, w->note, strlen(w->note), err, sizeof(err)), 0);
	assert_int_equal(note_verify(&n, &w->by.log.public, NULL), NOTE_FORGED);
}

static void
a_note_that_does_not_fit_stays(void **state)
{
	struct world *w = *state;
	size_t len = strlen(w->note);
	unsigned char sig[SEAL_SIG] = {0};
	char *before = strdup(w->note);

	assert_int_equal(
	    note_add(w->note, len + 100, &w->by.beta.public, 1, sig), -1);
	assert_string_equal(w->note, before);
	assert_int_equal(note_begin(w->note, strlen(w->text) + 1, w->text), -1);
	assert_int_equal(note_begin(w->note, strlen(w->text) + 2, w->text), 0);
	free(before);
}

#define ROOT "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="
#define SIG  "\n\xe2\x80\x94 log AAAAAAA=\n"

static void
texts_that_are_no_notes(void **state)
{
	static const char *const wrong[][2] = {
	    {"", "its last line has no end"},
	    {"log\n42\n" ROOT "\n", "there is no empty line before signatures"},
	    {"log\n42\n" ROOT "\n\n", "it has no signature"},
	    {"log\n42\n" ROOT "\n\n\xe2\x80\x94 log AAAAAAA=",
		"its last line has no end"},
	    {"log\r\n42\r\n" ROOT "\r\n" SIG, RESAVED_CR},
	    {"\xef\xbb\xbflog\n42\n" ROOT "\n" SIG, RESAVED_MARK},
	    {"log\xc2\x9b\n42\n" ROOT "\n" SIG,
		"it is not UTF-8, or has control characters in it"},
	    {"log\x7f\n42\n" ROOT "\n" SIG,
		"it is not UTF-8, or has control characters in it"},
	    {"log\xff\n42\n" ROOT "\n" SIG,
		"it is not UTF-8, or has control characters in it"},
	    {"\n42\n" ROOT "\n" SIG, "line 1 is not a log's name"},
	    {"log\n042\n" ROOT "\n" SIG, "line 2 is not the size"},
	    {"log\n+42\n" ROOT "\n" SIG, "line 2 is not the size"},
	    {"log\n42 \n" ROOT "\n" SIG, "line 2 is not the size"},
	    {"log\n18446744073709551616\n" ROOT "\n" SIG,
		"line 2 is not the size"},
	    {"log\n42\nAAAA\n" SIG, "line 3 is not the root"},
	    {"log\n42\n" SIG, "line 3 is not the root"},
	    {"log\n42\n" ROOT "\n\nmore\n" SIG,
		"there is an empty line within the checkpoint"},
	    {"log\n42\n" ROOT "\n\n- log AAAAAAA=\n",
		"the line of signature 1 is not one"},
	    {"log\n42\n" ROOT "\n\n\xe2\x80\x94 log\n",
		"the line of signature 1 is not one"},
	    {"log\n42\n" ROOT "\n\n\xe2\x80\x94  AAAAAAA=\n",
		"the line of signature 1 is not one"},
	    {"log\n42\n" ROOT "\n" SIG "\xe2\x80\x94 l+g AAAAAAA=\n",
		"the line of signature 2 is not one"},
	    {"log\n42\n" ROOT "\n" SIG "\xe2\x80\x94 log AAAAAAA\n",
		"the line of signature 2 is not one"},
	    {"log\n42\n" ROOT "\n" SIG "\xe2\x80\x94 log AAAA\n",
		"the line of signature 2 is not one"},
	};
	struct note n;
	char err[200];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(note_read(&n, wrong[i][0], strlen(wrong[i][0]),
				     err, sizeof(err)),
		    -1);
		assert_string_equal(err, wrong[i][1]);
	}
	assert_int_equal(
	    note_read(&n, "log\n0\n" ROOT "\nmore\n" SIG,
		strlen("log\n0\n" ROOT "\nmore\n" SIG), err, sizeof(err)),
	    0);
}

static void
lengths_are_bounded(void **state)
{
	size_t len = NOTE_SIZE + 1;
	char *big = malloc(len), err[100];
	struct note n;

	memset(big, 'x', len);
	big[len - 1] = '\n';
	assert_int_equal(note_read(&n, big, len, err, sizeof(err)), -1);
	assert_string_equal(err, "it is too long");
	len = (size_t)sprintf(big, "log\n42\n" ROOT "\n");
	for (int i = 0; i <= NOTE_SIGS; i++)
		len += (size_t)sprintf(big + len, "%s", i == 0 ? SIG : &SIG[1]);
	assert_int_equal(note_read(&n, big, len, err, sizeof(err)), -1);
	assert_string_equal(err, "it has more than 64 signatures");
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_escaped),
	    cmocka_unit_test(long_names_are_refused),
	    cmocka_unit_test(published_key_verifies_published_note),
	    cmocka_unit_test(keys_that_are_none),
	    cmocka_unit_test_setup_teardown(
		signed_and_not, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		times_are_below_2_to_63, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		each_flipped_bit_is_found, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		signatures_are_not_for_other_things, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		a_second_line_of_a_key_counts_too, world_make, world_free),
	    cmocka_unit_test_setup_teardown(
		a_note_that_does_not_fit_stays, world_make, world_free),
	    cmocka_unit_test(texts_that_are_no_notes),
	    cmocka_unit_test(lengths_are_bounded),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
