#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/tlog_policy.h"
#include "notes.h"

static const unsigned char cluster[16] = {1};

struct world {
	struct notaries by;
	struct notary gamma, delta;
	char vkeys[5][NOTE_VKEY]; /* log, alpha, beta, gamma, delta */
};

static int
world_make(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	w->by = notaries_new("o", cluster);
	w->gamma = notary_new(NOTE_HOST, "elsewhere", 4);
	w->delta = notary_new(NOTE_HOST, "elsewhere", 5);
	note_vkey_write(&w->by.log.public, w->vkeys[0]);
	note_vkey_write(&w->by.alpha.public, w->vkeys[1]);
	note_vkey_write(&w->by.beta.public, w->vkeys[2]);
	note_vkey_write(&w->gamma.public, w->vkeys[3]);
	note_vkey_write(&w->delta.public, w->vkeys[4]);
	*state = w;
	return (0);
}

static int
world_free(void **state)
{
	struct world *w = *state;

	notaries_free(&w->by);
	seal_key_free(w->gamma.key);
	seal_key_free(w->delta.key);
	free(w);
	return (0);
}

/* @0 to @4 in a text stand for the keys. */
static char *
with_keys(const struct world *w, const char *text)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	for (; *text != '\0'; text++)
		if (*text == '@')
			fputs(w->vkeys[*++text - '0'], f);
		else
			fputc(*text, f);
	fclose(f);
	return (out);
}

static struct tlog_policy *
policy(const struct world *w, const char *text, char err[300])
{
	char *whole = with_keys(w, text);
	struct tlog_policy *p =
	    tlog_policy_read(whole, strlen(whole), err, 300);

	free(whole);
	return (p);
}

/* Which of log, alpha, beta, gamma and delta sign: letters of "labgd". */
static enum tlog_judgement
judge(const struct world *w, const char *text, const char *who)
{
	const struct notary *all[] = {
	    &w->by.log, &w->by.alpha, &w->by.beta, &w->gamma, &w->delta};
	unsigned char root[SEAL_HASH] = {7};
	char lines[NOTE_TEXT], note[4096], err[300];
	struct tlog_policy *p = policy(w, text, err);
	struct tlog_verdict v;
	struct note n;

	assert_non_null(p);
	note_text(lines, w->by.log.public.name, 9, root);
	note_begin(note, sizeof(note), lines);
	for (; *who != '\0'; who++)
		notary_sign(note, sizeof(note),
		    all[strchr("labgd", *who) - "labgd"], lines, 1);
	assert_int_equal(
	    note_read(&n, note, strlen(note), err, sizeof(err)), 0);
	tlog_policy_judge(p, &n, &v);
	tlog_policy_free(p);
	return (v.judgement);
}

#define TWO "log @0\nwitness alpha @1\nwitness beta @2\n"

static void
the_quorum_is_counted(void **state)
{
	struct world *w = *state;
	const char *all = TWO "group both all alpha beta\nquorum both\n",
		   *any = TWO "group one any alpha beta\nquorum one\n",
		   *none = TWO "quorum none\n", *alpha = TWO "quorum alpha\n";

	assert_int_equal(judge(w, all, "lab"), TLOG_GOOD);
	assert_int_equal(judge(w, all, "bagdl"), TLOG_GOOD);
	assert_int_equal(judge(w, all, "la"), TLOG_SHORT);
	assert_int_equal(judge(w, all, "laaagd"), TLOG_SHORT);
	assert_int_equal(judge(w, all, "ab"), TLOG_UNSIGNED);
	assert_int_equal(judge(w, any, "lb"), TLOG_GOOD);
	assert_int_equal(judge(w, any, "lgd"), TLOG_SHORT);
	assert_int_equal(judge(w, none, "l"), TLOG_GOOD);
	assert_int_equal(judge(w, none, "a"), TLOG_UNSIGNED);
	assert_int_equal(judge(w, alpha, "la"), TLOG_GOOD);
	assert_int_equal(judge(w, alpha, "lb"), TLOG_SHORT);
}

static void
groups_of_groups(void **state)
{
	struct world *w = *state;
	const char *text =
	    "\t# two of three, and delta\n\n" TWO
	    "witness  gamma\t@3 https://g.example/\n"
	    "witness delta @4\n group three 2 alpha beta gamma \n"
	    "group whole all three delta\nquorum whole\n";

	assert_int_equal(judge(w, text, "labd"), TLOG_GOOD);
	assert_int_equal(judge(w, text, "lgad"), TLOG_GOOD);
	assert_int_equal(judge(w, text, "labg"), TLOG_SHORT);
	assert_int_equal(judge(w, text, "lad"), TLOG_SHORT);
}

static void
another_log(void **state)
{
	struct world *w = *state;
	struct notary other = notary_new(NOTE_LOG, "other", 9);

	note_vkey_write(&other.public, w->vkeys[4]);
	assert_int_equal(judge(w, "log @4\nquorum none\n", "l"), TLOG_STRANGE);
	assert_int_equal(judge(w, "quorum none\n", "l"), TLOG_STRANGE);
	assert_int_equal(
	    judge(w, "log @4\nlog @0 url\nquorum none\n", "l"), TLOG_GOOD);
	seal_key_free(other.key);
}

static void
what_is_forged_is_named(void **state)
{
	struct world *w = *state;
	unsigned char root[SEAL_HASH] = {7}, sig[SEAL_SIG] = {0};
	char lines[NOTE_TEXT], note[4096], err[300];
	struct tlog_policy *p = policy(w, TWO "quorum none\n", err);
	struct tlog_verdict v;
	struct note n;

	note_text(lines, w->by.log.public.name, 9, root);
	note_begin(note, sizeof(note), lines);
	notary_sign(note, sizeof(note), &w->by.log, lines, 1);
	note_add(note, sizeof(note), &w->by.beta.public, 1, sig);
	assert_int_equal(
	    note_read(&n, note, strlen(note), err, sizeof(err)), 0);
	tlog_policy_judge(p, &n, &v);
	assert_int_equal(v.judgement, TLOG_FORGED);
	assert_string_equal(v.forged, "beta");
	note_add(note, sizeof(note), &w->by.log.public, 0, sig);
	assert_int_equal(
	    note_read(&n, note, strlen(note), err, sizeof(err)), 0);
	tlog_policy_judge(p, &n, &v);
	assert_int_equal(v.judgement, TLOG_FORGED);
	assert_string_equal(v.forged, w->by.log.public.name);
	tlog_policy_free(p);
}

static void
files_that_are_no_policies(void **state)
{
	static const char *const wrong[][2] = {
	    {"", "there is no quorum line, which says who must have signed"},
	    {TWO, "there is no quorum line, which says who must have signed"},
	    {"quorum none", "line 1: it has no end"},
	    {"quorum none\r\n", RESAVED_CR},
	    {"\xef\xbb\xbfquorum none\n", RESAVED_MARK},
	    {"quorum none\x7f\n", "line 1: it has a control character in it"},
	    {"\nlogs @0\nquorum none\n",
		"line 2: logs is not log, witness, group or quorum"},
	    {"log @1\n",
		"line 1: the key is one for cosignatures, not of a log"},
	    {"log @0\nlog @0\n", "line 2: another log has this key"},
	    {"log\n", "line 1: it is log KEY [URL]"},
	    {"log @0 a b\n", "line 1: it is log KEY [URL]"},
	    {"log x@0\n", "line 1: in the key, the id is not that of the key"},
	    {"witness a @0\n", "line 1: the key is not one for cosignatures"},
	    {"witness @1\n", "line 1: it is witness NAME KEY [URL]"},
	    {"witness a @1\nwitness a @2\n", "line 2: the name a is taken"},
	    {"witness none @1\n", "line 1: the name none is taken"},
	    {"witness a @1\nwitness b @1\n",
		"line 2: the witness a has this key"},
	    {TWO "group g all\n",
		"line 4: it is group NAME all|any|NUMBER NAME ..."},
	    {TWO "group alpha all beta\n", "line 4: the name alpha is taken"},
	    {TWO "group g 0 alpha beta\n",
		"line 4: 0 is not all, any, or a number from 1 to 2"},
	    {TWO "group g 3 alpha beta\n",
		"line 4: 3 is not all, any, or a number from 1 to 2"},
	    {TWO "group g some alpha beta\n",
		"line 4: some is not all, any, or a number from 1 to 2"},
	    {TWO "group g all gamma\n",
		"line 4: nothing before this line has the name gamma"},
	    {TWO "group g all g\n",
		"line 4: nothing before this line has the name g"},
	    {TWO "group g all alpha alpha\n",
		"line 4: alpha is in a group already"},
	    {TWO "group g all alpha\ngroup h all alpha beta\n",
		"line 5: alpha is in a group already"},
	    {TWO "quorum\n", "line 4: it is quorum NAME"},
	    {"quorum alpha\n" TWO,
		"line 1: nothing before this line has the name alpha"},
	    {TWO "quorum alpha\nquorum alpha\n",
		"line 5: there is a quorum line before this one"},
	    {"a\x7f\n", "line 1: it has a control character in it"},
	};
	char err[300];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_null(policy(*state, wrong[i][0], err));
		assert_string_equal(err, wrong[i][1]);
	}
}

/* The limits, and that what is over them is refused and not overrun. */
static void
as_many_as_fit(void **state)
{
	char *text = NULL, err[300], vkey[NOTE_VKEY];
	struct tlog_policy *p;
	struct note_key key;
	size_t size;

	for (int n = 64; n <= 65; n++) {
		FILE *f = open_memstream(&text, &size);

		for (unsigned char i = 0; i < n; i++) {
			unsigned char public[SEAL_KEY] = {i};

			note_key_set(&key, NOTE_HOST, "w", public);
			note_vkey_write(&key, vkey);
			fprintf(f, "witness w%d %s\n", i, vkey);
		}
		fputs("quorum w63\n", f);
		fclose(f);
		p = tlog_policy_read(text, size, err, sizeof(err));
		assert_int_equal(p != NULL, n == 64);
		tlog_policy_free(p);
		free(text);
	}
	assert_string_equal(
	    err, "line 65: there are more than 64 witnesses and groups");
}

/* ---- made by ourselves ---- */

static void
written_and_read_again(void **state)
{
	struct world *w = *state;
	struct tlog_policy *p = tlog_policy_new(&w->by.log.public), *again;
	char *text, *expected, err[300];

	text = tlog_policy_write(p, "");
	expected = with_keys(w, "log @0\nquorum none\n");
	assert_string_equal(text, expected);
	free(text);
	free(expected);
	assert_int_equal(tlog_policy_add(p, "alpha", &w->by.alpha.public), 0);
	assert_int_equal(tlog_policy_add(p, "none", &w->by.beta.public), 0);
	text = tlog_policy_write(p, "# of the hosts\n");
	expected = with_keys(w,
	    "# of the hosts\nlog @0\nwitness alpha @1\nwitness %none @2\n"
	    "group all+hosts all alpha %none\nquorum all+hosts\n");
	assert_string_equal(text, expected);
	again = tlog_policy_read(text, strlen(text), err, sizeof(err));
	assert_non_null(again);
	tlog_policy_free(again);
	tlog_policy_free(p);
	assert_int_equal(judge(w, expected, "lab"), TLOG_GOOD);
	assert_int_equal(judge(w, expected, "lb"), TLOG_SHORT);
	free(text);
	free(expected);
}

static void
no_more_hosts_than_fit(void **state)
{
	struct world *w = *state;
	struct tlog_policy *p = tlog_policy_new(&w->by.log.public);
	char name[16];

	for (int i = 0; i < 63; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		assert_int_equal(
		    tlog_policy_add(p, name, &w->by.alpha.public), 0);
	}
	assert_int_equal(tlog_policy_add(p, "more", &w->by.alpha.public), -1);
	assert_int_equal(p->n_nodes, 64);
	assert_int_equal(p->quorum, 63);
	tlog_policy_free(p);
}

int
main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, world_make, world_free)
	const struct CMUnitTest tests[] = {
	    WITH(the_quorum_is_counted),
	    WITH(groups_of_groups),
	    WITH(another_log),
	    WITH(what_is_forged_is_named),
	    WITH(files_that_are_no_policies),
	    WITH(as_many_as_fit),
	    WITH(written_and_read_again),
	    WITH(no_more_hosts_than_fit),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
