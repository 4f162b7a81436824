/* CSV files as people make them, and the roll that is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/roll/csv.h"
#include "client/roll/roll.h"
#include "common/seal.h"

#define KEY  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define HEAD "name,group,public key\n"
#define BLOB                                                       \
	"AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUW" \
	"FxgZGhscHR4f"
#define LINE "ssh-ed25519 " BLOB " who@where"

/* Most files here have one key for all. */
static const struct roll_options usual = {.shared_keys = 1}, strict;

/* A copy of exactly the right size, so that the sanitizer sees overruns. */
static char *
text_of(const char *s, size_t len)
{
	char *text = malloc(len + 1);

	memcpy(text, s, len);
	text[len] = 'x';
	return (text);
}

/* ---- csv --------------------------------------------------------------------
 */

static void
check_rows(const char *text, const char *expected)
{
	char *copy = text_of(text, strlen(text)), seen[1000] = "", err[300];
	struct csv_row row;
	struct csv csv;
	size_t n = 0;
	int i, rc;

	assert_int_equal(
	    0, csv_open(&csv, copy, strlen(text), err, sizeof(err)));
	while ((rc = csv_next(&csv, &row, err, sizeof(err))) == 1) {
		n += (size_t)snprintf(
		    seen + n, sizeof(seen) - n, "%lu", row.line);
		for (i = 0; i < row.n; i++)
			n += (size_t)snprintf(
			    seen + n, sizeof(seen) - n, "[%s]", row.fields[i]);
		n += (size_t)snprintf(seen + n, sizeof(seen) - n, ";");
	}
	if (rc < 0)
		snprintf(seen + n, sizeof(seen) - n, "!%s", err);
	assert_string_equal(seen, expected);
	free(copy);
}

static void
test_rows(void **state)
{
	check_rows("", "");
	check_rows("a", "1[a];");
	check_rows("a,b\nc,d\n", "1[a][b];2[c][d];");
	check_rows("a,b\r\nc,d\r\n", "1[a][b];2[c][d];");
	check_rows("\xef\xbb\xbf"
		   "a,b",
	    "1[a][b];");
	check_rows("\n\r\na\n\n\nb\n\n", "3[a];6[b];");
	check_rows(",\n,x,", "2[][x][];");
	check_rows("a,b\n,\n , \nc,d\n\"\",\n", "1[a][b];4[c][d];");
	check_rows("a,b\rc,d\r\re\r", "1[a][b];2[c][d];4[e];");
	check_rows("  a , b ", "1[  a ][ b ];");
}

static void
test_quotes(void **state)
{
	check_rows("\"a\",\"b,c\"\n", "1[a][b,c];");
	check_rows("\"say \"\"yes\"\"\"", "1[say \"yes\"];");
	check_rows("\"\",\"\"\"\"\r\nx", "1[][\"];2[x];");
	check_rows("\"two\nlines\r\n\",b\nc", "1[two\nlines\r\n][b];4[c];");
	check_rows("\"two\rlines\r\",b\rc", "1[two\rlines\r][b];4[c];");
}

/* F: what spreadsheets write where a comma is the decimal point. */
static void
test_separators(void **state)
{
	check_rows("a;b\nc,d;e\n", "1[a][b];2[c,d][e];");
	check_rows("\"a,b,c\";\"d;e\"\nf;g", "1[a,b,c][d;e];2[f][g];");
	check_rows("a, b;c;d\n", "1[a, b][c][d];");
	check_rows("a\tb\r\nc\td", "1[a][b];2[c][d];");
	check_rows("sep=;\r\na,b;c\r\n", "2[a,b][c];");
	check_rows("\xef\xbb\xbfsep=,\na;b,c\n", "2[a;b][c];");
	check_rows("sep=|\na|b,c\n", "2[a][b,c];");
	check_rows("sep=, x\n", "1[sep=][ x];");
	check_rows("sep=", "1[sep=];");
}

static void
test_bad_rows(void **state)
{
	check_rows("ok\na,\"b",
	    "1[ok];!line 2, byte 3 of that line: this quote is never "
	    "closed");
	check_rows("a\r\nb,\"c\nd\"e",
	    "1[a];!line 3, byte 3 of that line: text after the closing quote");
	check_rows("a,\"b\"c",
	    "!line 1, byte 6 of that line: text after the closing quote");
	check_rows("a\"b",
	    "!line 1, byte 2 of that line: a quote in the middle of a field; "
	    "such fields are quoted, and quotes in them "
	    "doubled");
	check_rows(
	    "\"", "!line 1, byte 1 of that line: this quote is never closed");
}

static void
check_encoding(const char *text, size_t len, const char *part, size_t byte)
{
	char *copy = text_of(text, len), err[300] = "", at[40];
	struct csv csv;

	assert_int_equal(-1, csv_open(&csv, copy, len, err, sizeof(err)));
	assert_non_null(strstr(err, part));
	snprintf(at, sizeof(at), "byte %zu of that line:", byte);
	if (byte > 0)
		assert_non_null(strstr(err, at));
	free(copy);
}

static void
test_encodings(void **state)
{
	check_encoding("\xff\xfe"
		       "n\0a\0",
	    6, "UTF-16; save it as \"CSV UTF-8\" and try again", 0);
	check_encoding("\xfe\xff\0n\0a", 6, "UTF-16", 0);
	check_encoding(
	    "n\0a\0m\0e\0", 8, "UTF-16, or no text: save it as UTF-8", 2);
	check_encoding("name\nM\xfcller\n", 12,
	    "line 2, byte 2 of that line: not UTF-8", 2);
	check_encoding("name\nM\xfcller\n", 12,
	    "Latin-1 (ISO 8859-1, Windows-1252): save it as \"CSV UTF-8\"", 2);
}

/* ---- roll ---- */

static void
check_roll(const char *text, uint32_t n)
{
	char *copy = text_of(text, strlen(text)), err[600] = "";
	struct roll roll;

	if (roll_read(&roll, &usual, copy, strlen(text), err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_int_equal(n, roll.n);
	if (n > 0) {
		assert_string_equal("王大明, \"Ming\"", roll.voters[0].name);
		assert_string_equal("學生", roll.voters[0].group);
		assert_int_equal(0, roll.voters[0].key[0]);
		assert_int_equal(31, roll.voters[0].key[31]);
	}
	roll_clear(&roll);
	free(copy);
}

static void
test_columns(void **state)
{
	check_roll(HEAD, 0);
	check_roll(HEAD "\"王大明, \"\"Ming\"\"\",學生," KEY "\n", 1);
	check_roll("\xef\xbb\xbfPublic Key,NAME,Group\r\n" KEY
		   ",\"王大明, \"\"Ming\"\"\",學生\r\n",
	    1);
	check_roll("when, name ,group,mail,public_key\n"
		   "1,\"王大明, \"\"Ming\"\"\",學生,a@b, " KEY " \n"
		   "2,b,學生,,\"" KEY "\"",
	    2);
}

/* A roll as a spreadsheet writes it. */
static void
test_untidy(void **state)
{
	static const struct roll_options form = {.name = "Your name "};
	static const char text[] =
	    "\xef\xbb\xbfsep=;\r\n"
	    "PUBL\u0130C KEY;Your  name;GROUP;\r\n"
	    "'" KEY ";eva ; members \r\n"
	    "\"" KEY "\r\n\";Rene\u0301;members;;\r\n"
	    "\"ssh-ed25519\n" BLOB "\";\"\u0958\";members\r\n"
	    ";;;\r\n"
	    ";;;\r\n";
	static const char *const names[] = {"eva", "Ren\u00e9", "\u0915\u093c"};
	struct roll_options options = form;
	char *copy = text_of(text, strlen(text)), err[600] = "";
	struct roll roll;

	options.shared_keys = 1;
	if (roll_read(&roll, &options, copy, strlen(text), err, sizeof(err)) !=
	    0)
		fail_msg("%s", err);
	assert_int_equal(roll.n, 3);
	for (int i = 0; i < 3; i++) {
		assert_string_equal(roll.voters[i].name, names[i]);
		assert_string_equal(roll.voters[i].group, "members");
		assert_int_equal(roll.voters[i].key[31], 31);
	}
	roll_clear(&roll);
	free(copy);
}

/* What a form exports: its own titles, more columns, an SSH key. */
static void
test_titles(void **state)
{
	static const struct roll_options titles = {
	    .name = "Full name", .group = "組別", .key = "Your key?"};
	char *copy, err[600] = "";
	struct roll roll;
	const char *text = "\xef\xbb\xbf"
			   "Time,Your key?,name,組別,full NAME\r\n"
			   "1," LINE ",nick,學生,王大明\r\n";

	copy = text_of(text, strlen(text));
	if (roll_read(&roll, &titles, copy, strlen(text), err, sizeof(err)))
		fail_msg("%s", err);
	assert_string_equal("王大明", roll.voters[0].name);
	assert_string_equal("學生", roll.voters[0].group);
	assert_int_equal(0, roll.voters[0].key[0]);
	assert_int_equal(31, roll.voters[0].key[31]);
	roll_clear(&roll);
	free(copy);
	copy = text_of(HEAD, strlen(HEAD));
	assert_int_equal(-1,
	    roll_read(&roll, &titles, copy, strlen(HEAD), err, sizeof(err)));
	assert_string_equal(err,
	    "line 1: the first row names no column \"Full name\"; "
	    "--name-column tells which it is");
	free(copy);
}

static void
check_refused(const char *text, const char *expected)
{
	char *copy = text_of(text, strlen(text)), err[600] = "";
	struct roll roll;

	assert_int_equal(
	    -1, roll_read(&roll, &usual, copy, strlen(text), err, sizeof(err)));
	assert_string_equal(expected, err);
	free(copy);
}

static void
test_refused(void **state)
{
	check_refused("", "the file is empty");
	check_refused("name,group\n",
	    "line 1: the first row names no column \"public key\"; "
	    "--key-column tells which it is");
	check_refused(
	    "name,group,key,Public Key\n", "line 1: a column is named twice");
	check_refused(HEAD "a,b\n", "line 2, column C: the key is missing");
	check_refused(HEAD "a\n", "line 2, column B: the group is empty");
	check_refused(HEAD "a,b," KEY ",c\n",
	    "line 2: more fields than the first row names");
	check_refused(
	    HEAD ",b," KEY "\n", "line 2, column A: the name is empty");
	check_refused(HEAD "\"a\nb\",b," KEY "\n",
	    "line 2, column A: the name has a line break in it (U+000A)");
	check_refused(HEAD "a,b,AAAA\n",
	    "line 2, column C: the key is neither base64 of 32 bytes nor an "
	    "ssh-ed25519 line");
	check_refused(HEAD "a,b," KEY "\nc,b," KEY "\na,d," KEY "\n",
	    "line 4: the name \"a\" stands in line 2 too; "
	    "keep one of them");
}

/* One key under two names, and names that blanks alone kept apart. */
static void
test_shared_keys(void **state)
{
	const char *text = HEAD "ada,m," KEY "\nada l,m," KEY "\n";
	char *copy = text_of(text, strlen(text)), err[600] = "";
	struct roll roll;

	assert_int_equal(-1,
	    roll_read(&roll, &strict, copy, strlen(text), err, sizeof(err)));
	assert_string_equal(err,
	    "line 3: \"ada l\" has the key of \"ada\" in line 2; keep "
	    "one of them if that is one person, and if not, --shared-keys "
	    "takes both");
	free(copy);
	check_refused(HEAD "a,b," KEY "\n\"a \",b," KEY "\n",
	    "line 3: the name \"a\" stands in line 2 too; "
	    "keep one of them");
}

/* One name in two cases is most often one person. */
static void
test_alike_names(void **state)
{
	const char *text = HEAD "Anna Schmidt,m," KEY "\nbob,m," KEY
				"\nanna schmidt,m," KEY "\n";
	const struct roll_options takes = {.shared_keys = 1, .alike_names = 1};
	char *copy = text_of(text, strlen(text)), err[600] = "";
	struct roll roll;

	check_refused(text,
	    "line 4: the name \"anna schmidt\" looks like \"Anna "
	    "Schmidt\" in line 2; keep one of them if that is one person, and "
	    "if not, --alike-names takes both");
	assert_int_equal(
	    0, roll_read(&roll, &takes, copy, strlen(text), err, sizeof(err)));
	assert_int_equal(3, roll.n);
	roll_clear(&roll);
	free(copy);
}

static void
fault_note(void *arg, const char *why)
{
	char *all = arg;

	snprintf(all + strlen(all), 1000 - strlen(all), "%.7s;", why);
}

/* Who corrects a file wants to do it once. */
static void
test_faults(void **state)
{
	char all[1000] = "", err[600] = "";
	const struct roll_options o = {.fault = fault_note, .arg = all};
	const char *text = HEAD "ada,m," KEY "\nbob,m,x\n,m," KEY "\nada,m," KEY
				"\neve,m," KEY "\n";
	char *copy = text_of(text, strlen(text));
	struct roll roll;

	assert_int_equal(
	    -1, roll_read(&roll, &o, copy, strlen(text), err, sizeof(err)));
	assert_string_equal(all, "line 3,;line 4,;line 5:;line 6:;");
	assert_string_equal(err, "4 rows are not right");
	free(copy);
}

/* The bad row of a long file is the one that is named. */
static void
test_long(void **state)
{
	char *text = malloc(400000), err[600], expected[100];
	size_t n = (size_t)sprintf(text, HEAD);
	struct roll roll;
	int i;

	for (i = 2; i <= 5000; i++) {
		n += (size_t)sprintf(
		    text + n, "voter %d,g,%s\n", i, i == 4217 ? KEY "A" : KEY);
	}
	assert_int_equal(
	    -1, roll_read(&roll, &usual, text, n, err, sizeof(err)));
	snprintf(expected, sizeof(expected),
	    "line 4217, column C: the key is neither base64 of 32 bytes nor an "
	    "ssh-ed25519 line");
	assert_string_equal(expected, err);
	free(text);
}

/* Whatever the bytes: an answer, and no access out of bounds. */
static void
test_any_bytes(void **state)
{
	static const char letters[] = "a,\"\n\r;\xc3\xa9";
	static const char head[] = "name,group,key\n";
	char text[sizeof(head) + 40], *copy, err[600];
	unsigned seed = 1;
	struct roll roll;
	size_t len, i;
	int round;

	for (round = 0; round < 20000; round++) {
		len = 0;
		if (round % 2 == 0)
			len = (size_t)sprintf(text, "%s", head);
		for (i = (size_t)rand_r(&seed) % 40; i > 0; i--)
			text[len++] = letters[(size_t)rand_r(&seed) %
			    (sizeof(letters) - 1)];
		copy = text_of(text, len);
		if (roll_read(&roll, &usual, copy, len, err, sizeof(err)) == 0)
			roll_clear(&roll);
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_quotes),
	    cmocka_unit_test(test_separators),
	    cmocka_unit_test(test_bad_rows),
	    cmocka_unit_test(test_encodings),
	    cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_untidy),
	    cmocka_unit_test(test_shared_keys),
	    cmocka_unit_test(test_alike_names),
	    cmocka_unit_test(test_titles),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_any_bytes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
