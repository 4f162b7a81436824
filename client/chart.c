#include "client/chart.h"

#include <langinfo.h>
#include <string.h>

#include "client/tally.h"
#include "common/text.h"

#define WIDTH	720 /* of the image, px */
#define MARGIN	20
#define NAMES	64  /* where they begin, and the bars */
#define BAR_MAX 500 /* leaves room for the count */
#define BAR	14
#define GAP	12 /* between one part and the next */

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
xml_text(FILE *f, const char *text, size_t len)
{
	const char *p;

	for (p = text; p < text + len; p++)
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

/* The bytes of the character there. */
static size_t
char_len(const char *p)
{
	size_t len = 1;

	while ((p[len] & 0xc0) == 0x80)
		len++;
	return (len);
}

/*
 * At most how wide it is, in hundredths of the size of the font, which nobody
 * knows here: the widest of the usual ones.
 */
static int
char_width(const char *p, size_t len)
{
	char one[8];

	if (len == 1 && strchr("MWmw@%", *p) != NULL)
		return (110);
	if (len == 1 && *p >= 'A' && *p <= 'Z')
		return (80);
	snprintf(one, sizeof(one), "%.*s", (int)len, p);
	return (65 * text_width(one));
}

/* The bytes of text that fit in a line, up to a blank if there is one. */
static size_t
line_len(const char *text, int size, int room)
{
	size_t at = 0, blank = 0, len;
	int width = 0;

	for (; text[at] != '\0'; at += len) {
		len = char_len(text + at);
		width += char_width(text + at, len) * size / 100 + 1;
		if (width > room && at > 0)
			return (blank > 0 ? blank : at);
		if (text[at] == ' ')
			blank = at;
	}
	return (at);
}

struct style {
	int size;
	const char *more; /* attributes */
};

/*
 * Text in as many lines as it takes, from y down; returns where the next part
 * begins.  f: NULL only measures.
 */
static int
text_svg(FILE *f, int x, int y, struct style style, const char *text)
{
	char safe[EVOTE_TEXT_MAX + 1];
	const char *p = safe;
	size_t len;

	snprintf(safe, sizeof(safe), "%s", text);
	text_harmless(safe);
	for (; *p != '\0'; p += len + strspn(p + len, " ")) {
		len = line_len(p, style.size, WIDTH - MARGIN - x);
		y += style.size;
		if (f != NULL) {
			fprintf(f,
			    "<text x=\"%d\" y=\"%d\" font-size=\"%d\"%s>", x, y,
			    style.size, style.more);
			xml_text(f, p, len);
			fputs("</text>\n", f);
		}
		y += style.size / 4;
	}
	return (y);
}

static int
row_svg(FILE *f, const struct chart *h, u_int i, uint64_t max, int y)
{
	const struct style name = {14, ""};
	const evote_count *c = &h->res->counts.counts_val[i];
	int width = max == 0
	    ? 0
	    : (int)((double)c->votes / (double)max * BAR_MAX + 0.5);

	(void)text_svg(f, MARGIN, y, name, h->places[i]);
	y = text_svg(f, NAMES, y, name, c->choice) + 2;
	if (c->votes > 0 && width < 1)
		width = 1;
	if (f != NULL && width > 0)
		fprintf(f,
		    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
		    "fill=\"#356a9c\"/>\n",
		    NAMES, y, width, BAR);
	if (f != NULL)
		fprintf(f,
		    "<text x=\"%d\" y=\"%d\" font-size=\"13\">%llu</text>\n",
		    NAMES + width + (width > 0 ? 8 : 0), y + BAR - 2,
		    (unsigned long long)c->votes);
	return (y + BAR + GAP);
}

/* All parts, one below the other; returns the height.  f: as above. */
static int
parts_svg(FILE *f, const struct chart *h)
{
	const struct style title = {20, " font-weight=\"bold\""};
	const struct style small = {13, " fill=\"#444\""};
	u_int i, first = 0;
	uint64_t max = 0;
	int y = text_svg(f, MARGIN, MARGIN, title, h->title);

	if (tally_leaders(h->res, &first) > 0)
		max = h->res->counts.counts_val[first].votes;
	if (h->note != NULL)
		y = text_svg(f, MARGIN, y, small, h->note);
	y += GAP;
	for (i = 0; i < h->res->counts.counts_len; i++)
		y = row_svg(f, h, i, max, y);
	return (text_svg(f, MARGIN, y, small, h->foot) + GAP);
}

void
chart_svg(FILE *f, const struct chart *h)
{
	char safe[EVOTE_TEXT_MAX + 1];
	int height = parts_svg(NULL, h);

	fprintf(f,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
	    "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
	    "font-family=\"sans-serif\">\n<title>",
	    WIDTH, height, WIDTH, height);
	snprintf(safe, sizeof(safe), "%s", h->title);
	text_harmless(safe);
	xml_text(f, safe, strlen(safe));
	fputs(
	    "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
	    f);
	(void)parts_svg(f, h);
	fputs("</svg>\n", f);
}
