#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "common/date.h"
#include "common/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S	 1000000ULL

static void
names(void **state)
{
	static const char *const good[] = {"a", "王大明", "學生會會長選舉",
	    "O'Brien \"Bob\", jr.; <x> & %s", "é", "x\xcc\x81",
	    "\xf0\x9f\x97\xb3", "\xed\x9f\xbb", "a b", "עוז", "𠮷野家"};
	static const char *const bad[] = {"", "a\nb", "\t", "\x7f", "\x1b[1m",
	    "\xc2\x80", "\xc2\x9f",	    /* C1 */
	    "\xe2\x80\xa8", "\xe2\x80\xa9", /* separators */
	    "\xef\xbb\xbf"
	    "a", /* byte-order mark */
	    "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", /* overlong */
	    "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
	    "\xed\xbf\xbf", /* surrogates */
	    "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\x80",
	    "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", /* no characters */
	    "a\xe7\x8e", "\xe7",
	    "\xe7\x8e"
	    "a"}; /* cut off */

	for (size_t i = 0; i < COUNT(good); i++)
		assert_int_equal(text_is_name(good[i], 255), 1);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(text_is_name(bad[i], 255), 0);
}

static void
names_have_a_limit(void **state)
{
	char name[8] = "1234567";

	assert_int_equal(text_is_name(name, 7), 1);
	assert_int_equal(text_is_name(name, 6), 0);
	assert_int_equal(text_is_name("王大", 6), 1);
	assert_int_equal(text_is_name("王大", 5), 0);
}

/* Characters by which one name may look like another. */
static void
names_look_like_themselves(void **state)
{
	static const char *const bad[] = {"Li\u200b", "L\u200di", "\u2060Li",
	    "Li\u00ad", "\u202eiL", "\u2066Li\u2069", "\u200fLi", "Li\ufe0f",
	    "Li\u034f", "Li\u3164", "Li\u115f", "Li\u2800", "Li\U000e0041",
	    "Li\u180e", "Li\u061c", "L\ufffdi", "L\ufffci", "L\ufff9i",
	    "\ue000", "\U0010fffd", "L\u0378i", "L\u2028i", "L\u2029i", /**/
	    "Li ", " Li", "Li  Wei", "Li\u00a0Wei", "Li\u3000Wei",
	    "Li\u2009Wei", " ", "\u3000", "\u0301Li", "Li \u0301", "e\u0301",
	    "\u212b", "\u2126", "\u1100\u1161"};

	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_is_name(bad[i], 255))
			fail_msg("'%s' is taken", bad[i]);
}

static void
names_as_people_type_them(void **state)
{
	static const struct {
		const char *given, *meant;
	} cases[] = {
	    {"eva", "eva"}, {"eva ", "eva"}, {"\t eva\r\n", "eva"},
	    {"\u202feva\u200b\u00a0", "eva"}, {"\u202aeva\u202c", "eva"},
	    {"Eva  Maria", "Eva Maria"}, {"Eva\u00a0\u3000Maria", "Eva Maria"},
	    {"e\u0301va", "\u00e9va"}, {"\u1112\u1161\u11ab", "\ud55c"},
	    {"so\u00adfie\ufe0f", "sofie"}, {"\u212b", "\u00c5"},
	    {"\u0958", "\u0915\u093c"}, /* longer when normal */
	};
	char out[256], err[100];

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    text_tidy(out, 255, cases[i].given, err, sizeof(err)), 0);
		assert_string_equal(out, cases[i].meant);
		assert_int_equal(text_is_name(out, 255), 1);
	}
}

static void
names_nobody_can_mean(void **state)
{
	static const struct {
		const char *given, *why;
	} cases[] = {
	    {"", "is empty"},
	    {" \u200b ", "is empty"},
	    {"a\xff", "is not UTF-8"},
	    {"\xff", "is not UTF-8"},
	    {"\u202eiL x", "has an invisible character in it (U+202E)"},
	    {"L\u200di", "has an invisible character in it (U+200D)"},
	    {"L\ni", "has a line break in it (U+000A)"},
	    {"L\ti", "has a control character in it (U+0009)"},
	    {"M\ufffdller",
		"has a sign for a letter that was lost in it (U+FFFD)"},
	    {"L\u0378i",
		"has a character that Unicode does not know in it (U+0378)"},
	    {"\u0301a", "has an accent with no letter before it"},
	    {"123456789", "is too long"},
	};
	char out[9], err[100];

	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    text_tidy(out, 8, cases[i].given, err, sizeof(err)), -1);
		assert_string_equal(err, cases[i].why);
	}
}

static void
names_alike(void **state)
{
	assert_int_equal(text_alike("Li", "lI"), 1);
	assert_int_equal(text_alike("Li", "\uff2ci"), 1);
	assert_int_equal(text_alike("straße", "STRASSE"), 1);
	assert_int_equal(text_alike("\u00e9", "e\u0301"), 1);
	assert_int_equal(text_alike("\u2460", "1"), 1);
	assert_int_equal(text_alike("Li", "Lu"), 0);
	assert_int_equal(text_alike("候選人甲", "候選人乙"), 0);
}

static void
names_of_two_scripts(void **state)
{
	/* The last letter is Cyrillic; the first is Greek. */
	assert_int_equal(text_mixes("Ann\u0430"), 1);
	assert_int_equal(text_mixes("\u0391nna"), 1);
	assert_int_equal(text_mixes("\u0410\u0391"), 1);
	assert_int_equal(text_mixes("Lee Ann\u0430 Maria"), 1);
	assert_int_equal(text_mixes("Anna"), 0);
	assert_int_equal(text_mixes("Ren\u00e9e"), 0);
	assert_int_equal(text_mixes("x\u0301\u0430"), 1);
	assert_int_equal(text_mixes("\u0410\u043d\u043d\u0430"), 0);
	/* One word of each. */
	assert_int_equal(text_mixes("Anna \u0410\u043d\u043d\u0430"), 0);
	assert_int_equal(text_mixes("Anna-\u0410\u043d\u043d\u0430"), 0);
	assert_int_equal(text_mixes("王Anna"), 0);
}

static void
harmless(void **state)
{
	char text[] = "a\tb\033[2J\xc2\x9b\u202e\u2028\xff王\u00e9";

	text_harmless(text);
	assert_string_equal(text, "a\tb?[2J????王\u00e9");
}

static void
mended(void **state)
{
	char text[] = "a\xff\xe7\x8e\"王\xed\xa0\x80\033\xc3";

	text_mend(text);
	assert_string_equal(text, "a???\"王???\033?");
}

static void
utf8_names_the_place(void **state)
{
	size_t bad = 99;

	assert_int_equal(text_is_utf8("a\n\0b", 4, &bad), 1);
	assert_int_equal(bad, 99);
	assert_int_equal(text_is_utf8("王\xff", 4, &bad), 0);
	assert_int_equal(bad, 3);
	assert_int_equal(text_is_utf8("ab\xe7\x8e", 4, &bad), 0);
	assert_int_equal(bad, 2);
	assert_int_equal(text_is_utf8("", 0, &bad), 1);
}

static void
widths(void **state)
{
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("é"), 1);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_width("王大明"), 6);
	assert_int_equal(text_width("a王"), 3);
	assert_int_equal(text_width("\xff"), 1);
}

static void
times_that_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t us;
	} cases[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2026-12-01T18:00:00+01:00", 1796144400 * S},
	    {"2026-12-01T17:00:00Z", 1796144400 * S},
	    {"2026-12-01t17:00:00z", 1796144400 * S},
	    {"2026-12-01 17:00Z", 1796144400 * S},
	    {"2026-12-01T12:30-04:30", 1796144400 * S},
	    {"2026-12-01T17:00:00.25Z", 1796144400 * S + 250000},
	    {"2026-12-01T17:00:00.1234567Z", 1796144400 * S + 123456},
	    {"2028-02-29T00:00Z", 1835395200 * S},
	    {"1970-01-01T01:00+01:00", 0},
	    {"+90s", 1090 * S},
	    {"+15m", 1900 * S},
	    {"+2h", 8200 * S},
	    {"+3d", 260200 * S},
	    {"+0s", 1000 * S},
	};
	char err[256] = "";
	uint64_t us;

	for (size_t i = 0; i < COUNT(cases); i++) {
		us = 1;
		assert_int_equal(
		    date_parse(cases[i].text, 1000 * S, &us, err, sizeof(err)),
		    0);
		assert_int_equal(us, cases[i].us);
	}
}

static void
times_that_are_not(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"2026-12-01T18:00:00", "lacks a time zone"},
	    {"2026-12-01 18:00", "lacks a time zone"},
	    {"2026-02-30T00:00Z", "no such time"},
	    {"2027-02-29T00:00Z", "no such time"},
	    {"2026-13-01T00:00Z", "no such time"},
	    {"2026-00-01T00:00Z", "no such time"},
	    {"2026-01-00T00:00Z", "no such time"},
	    {"2026-01-01T24:00Z", "no such time"},
	    {"2026-01-01T00:60Z", "no such time"},
	    {"2026-01-01T00:00:60Z", "no such time"},
	    {"1969-12-31T23:59:59Z", "before 1970"},
	    {"1970-01-01T00:30+01:00", "before 1970"},
	    {"2026-12-01T18:00:00+1:00", "does not end in a time zone"},
	    {"2026-12-01T18:00:00+24:00", "does not end in a time zone"},
	    {"2026-12-01T18:00:00 CET", "does not end in a time zone"},
	    {"2026-12-01T18:00:00Zx", "does not end in a time zone"},
	    {"2026-12-01T18:00:00+01", "does not end in a time zone"},
	    {"2026-12-01", "is not a time"},
	    {"2026-12-01T18:00:00.Z", "is not a time"},
	    {"2026-12-1T18:00Z", "is not a time"},
	    {"26-12-01T18:00Z", "is not a time"},
	    {"tomorrow", "is not a time"},
	    {"", "is not a time"},
	    {" 2026-12-01T18:00Z", "is not a time"},
	    {"+", "is not a span"},
	    {"+5", "is not a span"},
	    {"+h", "is not a span"},
	    {"+5w", "is not a span"},
	    {"+5hh", "is not a span"},
	    {"+-5h", "is not a span"},
	    {"+1234567890d", "is not a span"},
	    {"+213503983d", "is too far ahead"},
	    {"+999999999d", "is too far ahead"},
	};
	uint64_t us = 77;
	char err[256];

	for (size_t i = 0; i < COUNT(cases); i++) {
		err[0] = '\0';
		assert_int_equal(
		    date_parse(cases[i].text, 1000 * S, &us, err, sizeof(err)),
		    -1);
		assert_non_null(strstr(err, cases[i].why));
		assert_int_equal(us, 77);
	}
}

static void
times_as_written(void **state)
{
	char text[64];

	date_utc(1796144400 * S + 999999, text, sizeof(text));
	assert_string_equal(text, "2026-12-01 17:00:00 UTC");
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	date_local(1796144400 * S, text, sizeof(text));
	assert_string_equal(text, "2026-12-01 18:00:00 CET (+01:00)");
	date_local(1782914400 * S, text, sizeof(text));
	assert_string_equal(text, "2026-07-01 16:00:00 CEST (+02:00)");
	setenv("TZ", "NST3:30", 1);
	date_local(1796144400 * S, text, sizeof(text));
	assert_string_equal(text, "2026-12-01 13:30:00 NST (-03:30)");
	/* A time nobody meant must not break anything. */
	date_utc(UINT64_MAX, text, sizeof(text));
	date_local(UINT64_MAX, text, sizeof(text));
}

static void
spans(void **state)
{
	static const struct {
		uint64_t us;
		const char *text;
	} cases[] = {
	    {0, "0 s"},
	    {999999, "0 s"},
	    {12 * S, "12 s"},
	    {60 * S, "1 min"},
	    {250 * S, "4 min 10 s"},
	    {7200 * S, "2 h"},
	    {7259 * S, "2 h"},
	    {7260 * S, "2 h 1 min"},
	    {(2 * 86400 + 3 * 3600 + 59 * 60) * S, "2 d 3 h"},
	    {(2 * 86400 + 59 * 60) * S, "2 d"},
	};
	char text[64];

	for (size_t i = 0; i < COUNT(cases); i++) {
		date_span(cases[i].us, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names),
	    cmocka_unit_test(names_have_a_limit),
	    cmocka_unit_test(names_look_like_themselves),
	    cmocka_unit_test(names_as_people_type_them),
	    cmocka_unit_test(names_nobody_can_mean),
	    cmocka_unit_test(names_alike),
	    cmocka_unit_test(names_of_two_scripts),
	    cmocka_unit_test(harmless),
	    cmocka_unit_test(mended),
	    cmocka_unit_test(utf8_names_the_place),
	    cmocka_unit_test(widths),
	    cmocka_unit_test(times_that_are_read),
	    cmocka_unit_test(times_that_are_not),
	    cmocka_unit_test(times_as_written),
	    cmocka_unit_test(spans),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
