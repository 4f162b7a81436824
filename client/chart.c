#include "client/chart.h"

#include <langinfo.h>
#include <string.h>

#include "client/tally.h"
#include "common/text.h"

#define WIDTH	720 /* of the image, px */
#define MARGIN	20
#define BAR_MAX 560 /* leaves room for the count */
#define ROW	48
#define HEAD	56

/* ---- on a terminal ---- */

void
chart_bar(char *out, size_t size, uint64_t n, uint64_t max, int columns)
{
	static const char *const parts[] = {"", "\u258f", "\u258e", "\u258d",
	    "\u258c", "\u258b", "\u258a", "\u2589"};
	int utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	uint64_t eighths =
	    max == 0 ? 0 : (uint64_t)((double)n / (double)max * 8 * columns);

	out[0] = '\0';
	for (; eighths >= 8; eighths -= 8)
		text_join(out, size, "", utf8 ? "\u2588" : "#");
	if (utf8)
		text_join(out, size, "", parts[eighths]);
}

/* ---- as an image ---- */

/* As XML has it. */
static void
xml_text(FILE *f, const char *text)
{
	char safe[EVOTE_TEXT_MAX + 1];
	const char *p;

	snprintf(safe, sizeof(safe), "%s", text);
	text_harmless(safe);
	for (p = safe; *p != '\0'; p++)
		switch (*p) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '\t':
			putc(' ', f);
			break;
		default:
			putc(*p, f);
		}
}

static void
line_svg(FILE *f, int y, int size, const char *more, const char *text)
{
	fprintf(f, "<text x=\"%d\" y=\"%d\" font-size=\"%d\"%s>", MARGIN, y,
	    size, more);
	xml_text(f, text);
	fputs("</text>\n", f);
}

static void
row_svg(FILE *f, const evote_result_res *res, u_int i, uint64_t max)
{
	const evote_count *c = &res->counts.counts_val[i];
	int y = HEAD + (int)i * ROW;
	int width =
	    max == 0 ? 0 : (int)((double)c->votes / (double)max * BAR_MAX);

	line_svg(f, y + 16, 14, "", c->choice);
	fprintf(f,
	    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"14\" "
	    "fill=\"#356a9c\"/>\n"
	    "<text x=\"%d\" y=\"%d\" font-size=\"13\">%llu</text>\n",
	    MARGIN, y + 22, width < 1 ? 1 : width, MARGIN + width + 8, y + 34,
	    (unsigned long long)c->votes);
}

void
chart_svg(
    FILE *f, const char *title, const char *foot, const evote_result_res *res)
{
	u_int i, n = res->counts.counts_len, first = 0;
	int height = HEAD + (int)n * ROW + 40;
	uint64_t max = 0;

	if (tally_leaders(res, &first) > 0)
		max = res->counts.counts_val[first].votes;
	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
	    "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
	    "font-family=\"sans-serif\">\n<title>",
	    WIDTH, height, WIDTH, height);
	xml_text(f, title);
	fputs(
	    "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
	    f);
	line_svg(f, 34, 20, " font-weight=\"bold\"", title);
	for (i = 0; i < n; i++)
		row_svg(f, res, i, max);
	line_svg(f, height - 16, 13, " fill=\"#444\"", foot);
	fputs("</svg>\n", f);
}
