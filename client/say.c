#include "client/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/json.h"
#include "client/lib/reason.h"
#include "client/prompt.h"
#include "common/date.h"
#include "common/need.h"
#include "common/output.h"
#include "common/seal.h"
#include "common/text.h"
#include "common/tracker.h"

#define SENTENCE 4096

/* ---- lines ---- */

static void
compose(char out[SENTENCE], const char *fmt, va_list ap)
{
	vsnprintf(out, SENTENCE, fmt, ap);
	text_harmless(out);
}

/* The sentence that the arguments after fmt make. */
#define COMPOSE(out, fmt)              \
	do {                           \
		va_list ap;            \
		va_start(ap, fmt);     \
		compose(out, fmt, ap); \
		va_end(ap);            \
	} while (0)

void
say_widen(int *columns, const char *text)
{
	int width = text_width(text);

	if (width > *columns)
		*columns = width;
}

void
say_pad(char *out, size_t len, const char *text, int columns)
{
	int blanks = columns - text_width(text);

	snprintf(out, len, "%s%*s", text, blanks > 0 ? blanks : 0, "");
}

void
say_line(struct client *c, const char *fmt, ...)
{
	char text[SENTENCE];

	if (c->json != NULL)
		return;
	COMPOSE(text, fmt);
	puts(text);
}

void
say_aside(const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	/* It stands below what was printed, also where both are one file. */
	output_flush();
	fprintf(stderr, "%s\n", text);
}

void
say_shown(struct client *c, int dry, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	if (dry)
		say_line(c, "%s", text);
	else if (c->json == NULL)
		say_aside("%s", text);
}

void
say_clock(const struct evote *e)
{
	static int told;
	int64_t ahead = evote_clock_off(e);
	char span[48];

	if (ahead == 0 || told)
		return;
	told = 1;
	date_span((uint64_t)(ahead < 0 ? -ahead : ahead), span, sizeof(span));
	say_aside("This computer's clock is %s %s the clock of the service, by "
		  "which elections close. Set this computer's clock.",
	    span, ahead < 0 ? "ahead of" : "behind");
}

void
say_unencrypted(const struct client *c, const struct evote *e)
{
	const char *name = evote_served_by(e), *at;

	/* Who asked for it was told so at the beginning. */
	if (c->options.plain || name == NULL)
		return;
	for (int i = 0; (at = evote_host_name(e, i)) != NULL; i++)
		if (strcmp(at, name) == 0 && evote_pin(e, i)[0] == '\0')
			say_aside("%s did not offer TLS: whoever is on the way "
				  "could read what was sent.",
			    name);
}

int
say_met(void *arg, const char *pin)
{
	const struct client *c = arg;

	if (c->signs && prompt_can(c)) {
		say_aside("First contact with this service over TLS. Its pin "
			  "is %s. Compare it with the pin that the operators "
			  "published.",
		    pin);
		return (prompt_yes("Is it the same") ? 0 : -1);
	}
	say_aside(
	    "First contact with this service over TLS. Its pin is %s. Compare "
	    "it with the pin that the operators published; if it differs, do "
	    "not vote, and tell them. From now on this computer accepts no "
	    "other pin.",
	    pin);
	return (0);
}

void
say_renewed(void *arg, const char *dir)
{
	say_aside("These hosts serve another service than before: the one "
		  "whose pin you gave. What is kept of the one before, such "
		  "as receipts, stays in %s.",
	    dir);
}

void
say_json(const cJSON *json, int lines)
{
	char *text =
	    need(lines ? cJSON_Print(json) : cJSON_PrintUnformatted(json));

	text_mend(text);
	puts(text);
	cJSON_free(text);
}

void
say_stamp(struct client *c, const evote_stamp *stamp)
{
	char root[2 * SEAL_HASH + 1];

	/* The service numbers from 1: that is an answer of our own. */
	if (stamp->epoch == 0)
		return;
	seal_hex(root, stamp->root, sizeof(stamp->root));
	json_number(c->json, "epoch", stamp->epoch);
	json_number(c->json, "size", stamp->size);
	json_text(c->json, "root", root);
}

void
say_names(cJSON *object, const char *key, u_int n, char **names)
{
	cJSON *list = json_list(object, key);

	for (u_int i = 0; i < n; i++)
		json_item_text(list, names[i]);
}

void
say_and(char *out, size_t size, const char *name, u_int i, u_int n)
{
	size_t len = strlen(out);
	const char *before = ", ";

	if (i == 0)
		before = "";
	else if (i + 1 == n)
		before = " and ";
	snprintf(out + len, size - len, "%s%s", before, name);
}

/* ---- the last sentence ---- */

static int
finish(struct client *c, int status, int code, const char *reason,
    const char *sentence)
{
	if (c->json == NULL) {
		output_flush();
		fprintf(
		    status == EXIT_DONE ? stdout : stderr, "%s.\n", sentence);
		return (status);
	}
	json_number(c->json, "code", code);
	json_text(c->json, "reason", reason);
	json_text(c->json, "message", sentence);
	return (status);
}

int
say_done(struct client *c, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	return (finish(c, EXIT_DONE, 0, reason_of(EVOTE_R_OK)->name, text));
}

int
say_usage(struct client *c, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	return (finish(c, EXIT_USAGE, -1, "usage", text));
}

int
say_document(struct client *c, const char *key, const char *document,
    const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	if (c->json == NULL) {
		fputs(document, stdout);
		say_aside("%s.", text);
		return (EXIT_DONE);
	}
	json_text(c->json, key, document);
	return (finish(c, EXIT_DONE, 0, reason_of(EVOTE_R_OK)->name, text));
}

int
say_unproved(struct client *c, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	return (finish(c, EXIT_REFUSED, -1, "not-proved", text));
}

int
say_unknown(struct client *c, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	return (finish(c, EXIT_UNKNOWN, -1, "unknown", text));
}

int
say_unsent(struct client *c, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	return (finish(c, EXIT_UNKNOWN, -1, "not-sent", text));
}

int
say_needs(struct client *c, int status, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	return (finish(c, status, -1, "needs-you", text));
}

int
say_stale(struct client *c, const evote_answer *answer, const char *fmt, ...)
{
	char text[SENTENCE];

	if (answer->reason != EVOTE_R_NUMBER_STALE)
		return (-1);
	COMPOSE(text, fmt);
	return (say_unknown(
	    c, "%s: %s", text, reason_of(answer->reason)->sentence));
}

/* The service's own words, after ours. */
static void
append_detail(char all[2 * SENTENCE], const evote_answer *answer)
{
	size_t len = strlen(all);

	if (answer->text != NULL && answer->text[0] != '\0')
		snprintf(all + len, 2 * SENTENCE - len, " (%s)", answer->text);
	text_harmless(all);
}

int
say_refused(struct client *c, const evote_answer *answer, const char *fmt, ...)
{
	char text[SENTENCE], all[2 * SENTENCE];

	COMPOSE(text, fmt);
	/* Why it is not possible is all in the service's own words. */
	if (answer->reason == EVOTE_R_NOT_POSSIBLE && answer->text != NULL &&
	    answer->text[0] != '\0')
		snprintf(all, sizeof(all), "%s: %s", text, answer->text);
	else {
		snprintf(all, sizeof(all), "%s: %s", text,
		    reason_of(answer->reason)->sentence);
		append_detail(all, answer);
	}
	text_harmless(all);
	say_stamp(c, &answer->stamp);
	return (finish(c, EXIT_REFUSED, answer->code,
	    reason_of(answer->reason)->name, all));
}

int
say_refused_so(
    struct client *c, const evote_answer *answer, const char *fmt, ...)
{
	char all[2 * SENTENCE];

	COMPOSE(all, fmt);
	append_detail(all, answer);
	text_harmless(all);
	say_stamp(c, &answer->stamp);
	return (finish(c, EXIT_REFUSED, answer->code,
	    reason_of(answer->reason)->name, all));
}

int
say_answer(struct client *c, const struct evote *e, enum evote_outcome outcome,
    const evote_answer *answer, const char *fmt, ...)
{
	char text[SENTENCE];

	COMPOSE(text, fmt);
	if (outcome != EVOTE_ANSWERED)
		return (say_problem(c, evote_problem(e), outcome, "%s", text));
	return (answer->code != 0 ? say_refused(c, answer, "%s", text) : -1);
}

int
say_declined(struct client *c, const evote_answer *answer, const char *fmt, ...)
{
	int later = answer->standing == EVOTE_NOT_SERVING ||
	    answer->standing == EVOTE_TRY_AGAIN;
	char all[2 * SENTENCE];

	COMPOSE(all, fmt);
	append_detail(all, answer);
	return (finish(c, later ? EXIT_UNKNOWN : EXIT_REFUSED, -1,
	    say_standing(answer->standing), all));
}

/*
 * How long the first of several sentences is, behind which the cause stands;
 * what is in quotes is a name.
 */
static size_t
first_sentence(const char *text)
{
	const char *end = strstr(text, ". ");
	size_t quoted = strcspn(text, "\"");

	return (end != NULL && (size_t)(end - text) < quoted
		? (size_t)(end - text)
		: strlen(text));
}

int
say_problem(struct client *c, const char *problem, enum evote_outcome outcome,
    const char *fmt, ...)
{
	static const struct {
		int status;
		const char *reason;
	} ends[] = {
	    [EVOTE_UNANSWERED] = {EXIT_UNKNOWN, "unknown"},
	    [EVOTE_UNSENT] = {EXIT_UNKNOWN, "not-sent"},
	    [EVOTE_CHANGED] = {EXIT_CHANGED, "service-changed"},
	    [EVOTE_FAILED] = {EXIT_USAGE, "failed"},
	};
	char text[SENTENCE], all[2 * SENTENCE];
	size_t head;

	COMPOSE(text, fmt);
	head = first_sentence(text);
	snprintf(all, sizeof(all), "%.*s%s%s%s%s", (int)head, text,
	    problem[0] != '\0' ? ": " : "", problem, text + head,
	    outcome == EVOTE_UNSENT ? ". Nothing was done. Try again later"
				    : "");
	text_harmless(all);
	return (finish(c, ends[outcome].status, -1, ends[outcome].reason, all));
}

const char *
say_again(const struct evote *e)
{
	return (evote_unvouched(e) ? "It" : "Run the same command again: it");
}

void
say_deed(char out[SAY_DEED], evote_act_kind kind, const char *election)
{
	snprintf(out, SAY_DEED, "%s %s \"%s\"", say_act(kind),
	    say_is_vote(kind) ? "in" : "of", election);
}

void
say_earlier(void *arg, evote_act_kind kind, const char *election,
    const evote_answer *answer, const uint64_t *tracker)
{
	char deed[SAY_DEED], text[TRACKER_TEXT];

	say_deed(deed, kind, election);
	if (tracker != NULL) {
		tracker_text(text, *tracker);
		say_aside("Your earlier, unanswered %s was carried "
			  "out. " SAY_TRACKER ".",
		    deed, text);
	} else if (answer->code == 0)
		say_aside("Your earlier, unanswered %s was carried out.", deed);
	else if (answer->reason == EVOTE_R_NUMBER_STALE)
		say_aside("What became of your earlier %s is no longer known; "
			  "`%s \"%s\"` tells %s.",
		    deed, say_is_vote(kind) ? "check" : "show", election,
		    say_is_vote(kind) ? "whether a vote of yours counts"
				      : "how that election stands");
	else
		say_aside("Your earlier, unanswered %s was answered with: %s.",
		    deed, reason_of(answer->reason)->sentence);
}
