/* The image of a result: that nothing of it is cut, or drawn that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/chart.h"

static char wide[EVOTE_NAME_MAX + 1];
static evote_count counts[] = {{"Ann", 3}, {"Bob", 0}, {wide, 1}};
static evote_result_res result = {.counts = {3, counts}, .votes = 4};

static char *
image_of(const char *title, const char *note, const char *foot)
{
	struct chart h = {
	    .title = title,
	    .note = note,
	    .foot = foot,
	    .res = &result,
	    .places = {"1", "3", "2"},
	};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	chart_svg(f, &h);
	fclose(f);
	return (text);
}

static int
times(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return (n);
}

/* Of the lines, those that are longer than any font leaves room for. */
static void
assert_fits(const char *svg)
{
	const char *p = svg;
	int x, y, size, height, len;

	p = strstr(svg, "height=\"");
	assert_int_equal(sscanf(p, "height=\"%d\"", &height), 1);
	while ((p = strstr(p, "<text ")) != NULL) {
		assert_int_equal(
		    sscanf(p, "<text x=\"%d\" y=\"%d\" font-size=\"%d\"", &x,
			&y, &size),
		    3);
		p = strchr(p, '>') + 1;
		len = (int)strcspn(p, "<");
		if (x + len * size * (*p == 'W' ? 110 : 60) / 100 > 720)
			fail_msg("too long: %.*s", len, p);
		assert_true(y < height);
	}
}

static void
long_texts_have_lines(void **state)
{
	char *svg, title[EVOTE_NAME_MAX + 1], foot[500] = "";

	memset(wide, 'W', EVOTE_NAME_MAX);
	memset(title, 'n', EVOTE_NAME_MAX);
	title[EVOTE_NAME_MAX] = '\0';
	for (int i = 0; i < 40; i++)
		strcat(foot, "words word ");
	foot[strlen(foot) - 1] = '\0';
	svg = image_of(title, NULL, foot);
	assert_fits(svg);
	/* A line ends with a word where it can. */
	assert_true(times(svg, ">word") > 2);
	assert_int_equal(times(svg, ">word"),
	    times(svg, "word</text>") + times(svg, "words</text>"));
	free(svg);
	svg = image_of("Board", NULL, "Closed");
	assert_non_null(strstr(svg, ">Board</text>"));
	assert_non_null(strstr(svg, ">Closed</text>"));
	free(svg);
}

static void
no_votes_have_no_bar(void **state)
{
	char *svg;

	snprintf(wide, sizeof(wide), "Cy");
	svg = image_of("Board", NULL, "Closed");
	/* The ground, and two of three. */
	assert_int_equal(times(svg, "<rect "), 3);
	free(svg);
	counts[2].votes = 1;
	counts[0].votes = 1000000;
	svg = image_of("Board", NULL, "Closed");
	assert_non_null(strstr(svg, "width=\"1\""));
	counts[0].votes = 3;
	free(svg);
}

static void
places_and_what_they_mean_are_there(void **state)
{
	char *svg = image_of("Board", "Places by <rule>", "Closed");

	assert_non_null(strstr(svg, ">Places by &lt;rule&gt;</text>"));
	assert_non_null(strstr(svg, ">3</text>\n<text"));
	free(svg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(long_texts_have_lines),
	    cmocka_unit_test(no_votes_have_no_bar),
	    cmocka_unit_test(places_and_what_they_mean_are_there),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
