#include "server/audit/page.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/need.h"
#include "common/schulze.h"
#include "common/options.h"
#include "common/seal.h"
#include "common/text.h"

#define WIDTH 48 /* of a name in a column */

/* Those of evote.x that a record can hold, in words for the minutes. */
static const struct {
	evote_reason reason;
	const char *name, *words;
} reasons[] = {
    {EVOTE_R_TOKEN_EXPIRED, "token-expired", "the log-in had expired"},
    {EVOTE_R_NO_VOTER, "no-voter", "the voter had left the roll"},
    {EVOTE_R_NO_ELECTION, "no-election", "no such election"},
    {EVOTE_R_CLOSED, "closed", "the election was over"},
    {EVOTE_R_GROUP, "group", "the voter's group may not vote there"},
    {EVOTE_R_FROZEN, "frozen",
	"the voter was not among those fixed at the opening"},
    {EVOTE_R_VOTED, "voted", "a previous vote had been cast"},
    {EVOTE_R_NO_CHOICE, "no-choice", "not one of the choices"},
    {EVOTE_R_NAME_TAKEN, "name-taken", "an election of that name existed"},
    {EVOTE_R_END_PAST, "end-past", "the end was in the past"},
    {EVOTE_R_SALT, "salt", "the vote's tracker was on the sheet"},
    {EVOTE_R_END_FAR, "end-far", "the end was too far ahead"},
};

static const char *
reason_words(uint32_t reason, int name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if ((uint32_t)reasons[i].reason == reason)
			return (name ? reasons[i].name : reasons[i].words);
	}
	return (name ? "other" : "a reason that this version does not know");
}

/* A damaged ledger may hold any name. */
static const char *
shown(const char *name, char out[EVOTE_TEXT_MAX + 1])
{
	snprintf(out, EVOTE_TEXT_MAX + 1, "%s", name == NULL ? "" : name);
	text_harmless(out);
	return (out);
}

static const char *
when(uint64_t us, char out[64])
{
	date_utc(us, out, 64);
	return (out);
}

static void
line_count(FILE *f, const char *name, uint64_t n)
{
	char safe[EVOTE_TEXT_MAX + 1];
	int pad = WIDTH - text_width(shown(name, safe));

	fprintf(f, "    %s%*s %10" PRIu64 "\n", safe, pad > 0 ? pad : 0, "", n);
}

/* ---- for people ---- */

static void
text_head(FILE *f, const struct page *p)
{
	char safe[EVOTE_TEXT_MAX + 1], hex[2 * 16 + 1], a[64], b[64];
	char root[64];

	seal_hex(hex, p->book->genesis.cluster, 16);
	seal_base64(root, p->root, sizeof(p->root));
	fprintf(f,
	    "Audit of the ledger in %s\n\n"
	    "  Service     %s\n  Cluster     %s\n"
	    "  Records     %" PRIu64 ", from %s to %s\n"
	    "              (at least %" PRIu64 " are known to be accepted)\n"
	    "  Root        %s\n"
	    "  Signatures  %" PRIu64 " verified\n",
	    p->path, shown(p->book->genesis.origin, safe), hex, p->records,
	    when(p->book->first, a), when(p->book->last, b), p->accepted, root,
	    p->signatures);
	fprintf(f, "  Roll        %" PRIu32 " voters now, %" PRIu32 " ever\n",
	    p->book->on_roll, p->book->n_voters);
	if (p->checkpoint != NULL)
		fprintf(f, "  Checkpoint  %s, of %" PRIu64 " records; %s\n",
		    p->checkpoint, p->checkpoint_size, p->signers);
}

/* Above were the first places. */
static void
text_places(FILE *f, const struct book_poll *p)
{
	struct schulze *s = need_zeroed(1, sizeof(*s));
	uint32_t n = p->form.choices;

	schulze_count(s, p->pairs, n, p->form.none);
	fprintf(f,
	    "  places by the Schulze method (0: does not defeat the default "
	    "option)\n");
	for (uint32_t i = 0; i < n; i++)
		line_count(f, p->about.choices.choices_val[i], s->places[i]);
	free(s);
}

static void
text_poll(FILE *f, const struct book_poll *p)
{
	const evote_election *about = &p->about;
	char safe[EVOTE_TEXT_MAX + 1], a[64], b[64];

	fprintf(f, "\nElection \"%s\"\n", shown(about->name, safe));
	fprintf(f, "  opened by %s, %s\n", shown(p->creator, safe),
	    when(p->created, a));
	if (p->closed != 0)
		fprintf(f, "  closed %s, planned end %s\n", when(p->closed, a),
		    when(about->end, b));
	else
		fprintf(
		    f, "  not closed; planned end %s\n", when(about->end, a));
	fprintf(f,
	    "  votes received %" PRIu64 ", valid %" PRIu64 ", counted %" PRIu64
	    "; signed %" PRIu64 ", by log-in %" PRIu64 "\n",
	    p->received, p->received - p->faulty, p->counted, p->signed_votes,
	    p->received - p->signed_votes);
	if (p->has_sheet)
		fprintf(f, "  a tally sheet of trackers and choices %s\n",
		    p->closed != 0 ? "is public" : "will be public");
	/* What is going on stays secret until its end. */
	if (p->closed == 0)
		return;
	if (p->eligible != 0)
		fprintf(f, "  eligible %" PRIu64 "\n", p->eligible);
	for (uint32_t i = 0; i < about->choices.choices_len; i++)
		line_count(f, about->choices.choices_val[i], p->counts[i]);
	if (p->form.kind != BALLOT_CHOICE)
		fprintf(f, "    of these ballots %" PRIu64 " are blank\n",
		    p->blank);
	if (p->form.kind == BALLOT_RANKED)
		text_places(f, p);
}

static void
text_refusals(FILE *f, const struct book *b)
{
	fprintf(
	    f, "\nRequests refused and recorded: %" PRIu64 "\n", b->n_refused);
	for (uint32_t i = 0; i <= BOOK_REASONS; i++) {
		if (b->refused[i] != 0)
			line_count(f, reason_words(i, 0), b->refused[i]);
	}
}

/* Idle or out of service: the records do not tell these apart. */
static void
text_hosts(FILE *f, const struct book *b)
{
	char safe[EVOTE_TEXT_MAX + 1], at[64], span[64];
	const struct book_epoch *e;

	fprintf(
	    f, "\nHosts that served, and how long no record was made before\n");
	for (uint32_t i = 0; i < b->n_epochs; i++) {
		e = &b->epochs[i];
		if (e->silence < 10000000)
			snprintf(span, sizeof(span), "%.1f s",
			    (double)e->silence / 1e6);
		else
			date_span(e->silence, span, sizeof(span));
		fprintf(f, "  %s  %s, after %s%s\n", when(e->time, at),
		    shown(e->name, safe), span,
		    e->forced ? "; FORCED by an operator, who accepted that "
				"votes may be lost"
			      : "");
	}
}

static void
text_keys(FILE *f, const struct book *b)
{
	static const unsigned char none[32];
	char safe[EVOTE_TEXT_MAX + 1], key[64];
	const struct book_host *h;

	if (b->n_hosts > 0)
		fprintf(f, "\nHosts' keys, from which record on\n");
	for (uint32_t i = 0; i < b->n_hosts; i++) {
		h = &b->hosts[i];
		seal_base64(key, h->key, sizeof(h->key));
		fprintf(f, "  %10" PRIu64 "  %s  %s\n", h->seq,
		    memcmp(h->key, none, sizeof(none)) == 0 ? "removed" : key,
		    shown(h->name, safe));
	}
}

static void
text_findings(FILE *f, const struct page *p)
{
	const struct findings *all = p->findings;

	fprintf(f, "\nFindings: %" PRIu64 "\n", all->total);
	for (uint32_t i = 0; i < all->n; i++) {
		fprintf(f, "  - ");
		options_fill(f, all->list[i].text, 4, 4);
	}
	if (all->total > all->n)
		fprintf(f, "  - and %" PRIu64 " more\n", all->total - all->n);
	if (p->replayed < p->records)
		fprintf(f,
		    "  After record %" PRIu64 " nothing could be carried out "
		    "again; what follows\n  it was only checked by itself and "
		    "added up.\n",
		    p->replayed);
	fprintf(f, "\nWhat to do\n");
	for (int k = 0; k < FINDING_KINDS; k++) {
		if ((all->kinds & 1u << k) == 0)
			continue;
		fprintf(f, "  ");
		options_fill(f, finding_advice(k), 2, 2);
	}
}

void
page_text(FILE *f, const struct page *p)
{
	text_head(f, p);
	for (uint32_t i = 0; i < p->book->n_polls; i++)
		text_poll(f, p->book->polls[i]);
	text_refusals(f, p->book);
	text_hosts(f, p->book);
	text_keys(f, p->book);
	if (p->findings->total != 0) {
		text_findings(f, p);
		fprintf(f, "\nThis ledger does NOT hold.\n");
		return;
	}
	fprintf(f,
	    "\nAll holds: every record has its place and its hash, every "
	    "signature is its\nvoter's, every vote opens its commitment, and "
	    "carrying everything out again\ngives the same answers and "
	    "counts.\n");
}

/* ---- for programs ---- */

static void
add_number(cJSON *to, const char *name, uint64_t n)
{
	char text[24];

	/* Not as a double, which would round. */
	snprintf(text, sizeof(text), "%" PRIu64, n);
	need(cJSON_AddRawToObject(to, name, text));
}

static void
add_text(cJSON *to, const char *name, const char *text)
{
	char safe[EVOTE_TEXT_MAX + 1];

	need(cJSON_AddStringToObject(to, name, shown(text, safe)));
}

static void
json_pairs(cJSON *to, const struct book_poll *p)
{
	cJSON *pairs = need(cJSON_AddArrayToObject(to, "pairs")), *row;
	uint32_t n = p->form.choices;

	for (uint32_t i = 0; i < n; i++) {
		cJSON_AddItemToArray(pairs, row = need(cJSON_CreateArray()));
		for (uint32_t j = 0; j < n; j++)
			cJSON_AddItemToArray(row,
			    need(cJSON_CreateNumber(
				(double)p->pairs[i * n + j])));
	}
}

static cJSON *
json_poll(const struct book_poll *p)
{
	cJSON *o = need(cJSON_CreateObject()), *counts, *one;
	const evote_election *about = &p->about;

	add_text(o, "name", about->name);
	add_text(o, "creator", p->creator);
	add_number(o, "created", p->created);
	add_number(o, "end", about->end);
	add_number(o, "closed", p->closed);
	need(cJSON_AddBoolToObject(o, "sheet", p->has_sheet));
	add_number(o, "received", p->received);
	add_number(o, "valid", p->received - p->faulty);
	add_number(o, "signed", p->signed_votes);
	add_number(o, "counted", p->counted);
	if (p->closed == 0)
		return (o);
	add_number(o, "eligible", p->eligible);
	add_number(o, "blank", p->blank);
	if (p->form.kind == BALLOT_RANKED)
		json_pairs(o, p);
	counts = need(cJSON_AddArrayToObject(o, "counts"));
	for (uint32_t i = 0; i < about->choices.choices_len; i++) {
		one = need(cJSON_CreateObject());
		add_text(one, "choice", about->choices.choices_val[i]);
		add_number(one, "votes", p->counts[i]);
		cJSON_AddItemToArray(counts, one);
	}
	return (o);
}

static void
json_hosts(cJSON *to, const struct book *b)
{
	cJSON *list = need(cJSON_AddArrayToObject(to, "epochs")), *one;

	for (uint32_t i = 0; i < b->n_epochs; i++) {
		one = need(cJSON_CreateObject());
		add_text(one, "host", b->epochs[i].name);
		add_number(one, "epoch", b->epochs[i].epoch);
		add_number(one, "seq", b->epochs[i].seq);
		add_number(one, "time", b->epochs[i].time);
		add_number(one, "silence_us", b->epochs[i].silence);
		need(cJSON_AddBoolToObject(one, "forced", b->epochs[i].forced));
		cJSON_AddItemToArray(list, one);
	}
}

static void
json_keys(cJSON *to, const struct book *b)
{
	cJSON *list = need(cJSON_AddArrayToObject(to, "hosts")), *one;
	char key[64];

	for (uint32_t i = 0; i < b->n_hosts; i++) {
		one = need(cJSON_CreateObject());
		seal_base64(key, b->hosts[i].key, sizeof(b->hosts[i].key));
		add_text(one, "host", b->hosts[i].name);
		add_number(one, "seq", b->hosts[i].seq);
		add_text(one, "key", key);
		cJSON_AddItemToArray(list, one);
	}
}

static void
json_findings(cJSON *to, const struct findings *f)
{
	cJSON *list = need(cJSON_AddArrayToObject(to, "findings")), *one;

	for (uint32_t i = 0; i < f->n; i++) {
		one = need(cJSON_CreateObject());
		if (f->list[i].seq != FINDING_NO_SEQ)
			add_number(one, "seq", f->list[i].seq);
		add_text(one, "text", f->list[i].text);
		add_text(one, "advice", finding_advice(f->list[i].kind));
		cJSON_AddItemToArray(list, one);
	}
	add_number(to, "findings_total", f->total);
}

static void
json_head(cJSON *to, const struct page *p)
{
	char hex[2 * 32 + 1];

	need(cJSON_AddBoolToObject(to, "ok", p->findings->total == 0));
	add_text(to, "data", p->path);
	add_text(to, "origin", p->book->genesis.origin);
	seal_hex(hex, p->book->genesis.cluster, 16);
	add_text(to, "cluster", hex);
	add_number(to, "size", p->records);
	seal_hex(hex, p->root, 32);
	add_text(to, "root", hex);
	add_number(to, "accepted", p->accepted);
	add_number(to, "first", p->book->first);
	add_number(to, "last", p->book->last);
	add_number(to, "signatures", p->signatures);
	add_number(to, "replayed", p->replayed);
	add_number(to, "voters", p->book->on_roll);
	if (p->checkpoint == NULL)
		return;
	add_text(to, "checkpoint", p->checkpoint);
	add_number(to, "checkpoint_size", p->checkpoint_size);
	add_text(to, "checkpoint_signers", p->signers);
}

void
page_json(FILE *f, const struct page *p)
{
	cJSON *o = need(cJSON_CreateObject()), *list;
	char *text;

	json_head(o, p);
	list = need(cJSON_AddArrayToObject(o, "elections"));
	for (uint32_t i = 0; i < p->book->n_polls; i++)
		cJSON_AddItemToArray(list, json_poll(p->book->polls[i]));
	list = need(cJSON_AddObjectToObject(o, "refused"));
	for (uint32_t i = 0; i <= BOOK_REASONS; i++) {
		if (p->book->refused[i] != 0)
			add_number(
			    list, reason_words(i, 1), p->book->refused[i]);
	}
	json_hosts(o, p->book);
	json_keys(o, p->book);
	json_findings(o, p->findings);
	text = need(cJSON_PrintUnformatted(o));
	fprintf(f, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(o);
}
