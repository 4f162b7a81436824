#include "server/audit/page_impl.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/need.h"
#include "common/schulze.h"
#include "common/options.h"
#include "common/seal.h"
#include "common/text.h"
#include "server/audit/signers.h"

#define WIDTH 48 /* of a name in a column */

#define REFUSAL(code, reason, name, words)             \
	static_assert(EVOTE_R_##reason < BOOK_REASONS, \
	    "the book counts each by itself");
#include "common/refusals.def"
#undef REFUSAL

static const struct {
	evote_reason reason;
	const char *name, *words;
} reasons[] = {
#define REFUSAL(code, reason, name, words) {EVOTE_R_##reason, name, words},
#include "common/refusals.def"
#undef REFUSAL
};

const char *
page_reason(uint32_t reason, int name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if ((uint32_t)reasons[i].reason == reason)
			return (name ? reasons[i].name : reasons[i].words);
	}
	return (name ? "other" : "a reason that this version does not know");
}

const char *
page_shown(const char *name, char out[EVOTE_TEXT_MAX + 1])
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
	int pad = WIDTH - text_width(page_shown(name, safe));

	fprintf(f, "    %s%*s %10" PRIu64 "\n", safe, pad > 0 ? pad : 0, "", n);
}

int
page_has_counts(const struct book_poll *p)
{
	return (p->closed != 0 && p->cancelled_by == NULL);
}

/* The ledger notes it only now and then. */
static const char *
accepted_text(const struct page *p, char out[100])
{
	if (p->accepted >= p->records)
		snprintf(out, 100, "all are noted as accepted");
	else
		snprintf(out, 100,
		    "the first %" PRIu64 " are noted as accepted; others may "
		    "be, too",
		    p->accepted);
	return (out);
}

static void
text_head(FILE *f, const struct page *p)
{
	char safe[EVOTE_TEXT_MAX + 1], hex[2 * 16 + 1], a[64], b[64];
	char root[64], accepted[100];

	seal_hex(hex, p->book->genesis.cluster, 16);
	seal_base64(root, p->root, sizeof(p->root));
	fprintf(f,
	    "Audit of the ledger in %s\n\n"
	    "  Service     %s\n  Cluster     %s\n"
	    "  Records     %" PRIu64 ", from %s to %s\n"
	    "              (%s)\n"
	    "  Root        %s\n"
	    "  Signatures  %" PRIu64 " verified\n",
	    p->path, page_shown(p->book->genesis.origin, safe), hex, p->records,
	    when(p->book->first, a), when(p->book->last, b),
	    accepted_text(p, accepted), root, p->signatures);
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

uint64_t
page_counted(const struct book_poll *p)
{
	return (p->cancelled_by == NULL ? p->counted : 0);
}

/* Who did something: a voter, or (the name is empty) an operator. */
static const char *
who(const char *name, char out[EVOTE_TEXT_MAX + 1])
{
	return (name[0] == '\0' ? "an operator" : page_shown(name, out));
}

/* The one that it was created with, as in the minutes. */
static uint64_t
planned_end(const struct book_poll *p)
{
	return (p->n_extended > 0 ? p->extended[0].from : p->about.end);
}

static void
text_life(FILE *f, const struct book_poll *p)
{
	char safe[EVOTE_TEXT_MAX + 1], by[EVOTE_TEXT_MAX + 1], a[64], b[64];
	const struct book_extension *x;

	fprintf(f, "  created by %s, %s\n", who(p->creator, by),
	    when(p->created, a));
	if (p->start != 0)
		fprintf(f, "  planned start %s, %s%s\n", when(p->start, a),
		    p->opened != 0 ? "opened " : "not opened",
		    p->opened != 0 ? when(p->opened, b) : "");
	for (uint32_t i = 0; i < p->n_extended; i++) {
		x = &p->extended[i];
		fprintf(f, "  extended by %s, %s:\n", who(x->by, by),
		    when(x->time, a));
		fprintf(f, "    from %s to %s: %s\n", when(x->from, a),
		    when(x->to, b), page_shown(x->reason, safe));
	}
	if (p->cancelled_by != NULL)
		fprintf(f, "  CANCELLED by %s, %s: %s\n",
		    who(p->cancelled_by, by), when(p->closed, a),
		    page_shown(p->cancelled_for, safe));
	else if (p->closed != 0)
		fprintf(f, "  closed %s, planned end %s\n", when(p->closed, a),
		    when(planned_end(p), b));
	else
		fprintf(f, "  not closed; planned end %s\n",
		    when(planned_end(p), a));
	if (p->grace != 0)
		fprintf(f,
		    "  votes by log-in from before the end were taken %" PRIu64
		    " s longer\n",
		    p->grace / 1000000);
}

static void
text_poll(FILE *f, const struct book_poll *p)
{
	const evote_election *about = &p->about;
	char safe[EVOTE_TEXT_MAX + 1];

	fprintf(f, "\nElection \"%s\"\n", page_shown(about->name, safe));
	text_life(f, p);
	fprintf(f, "  %s\n",
	    p->fixes ? "who may vote is fixed at the opening"
		     : "who may vote is as on the roll until the close");
	fprintf(f,
	    "  votes received %" PRIu64 ", valid %" PRIu64 ", counted %" PRIu64
	    "; signed %" PRIu64 ", by log-in %" PRIu64 "\n",
	    p->received, p->received - p->faulty, page_counted(p),
	    p->signed_votes, p->received - p->signed_votes);
	if (p->has_sheet)
		fprintf(f, "  a tally sheet of trackers and choices %s\n",
		    page_has_counts(p) ? "is public" : "will be public");
	/* What is going on stays secret until its end. */
	if (!page_has_counts(p))
		return;
	if (p->eligible != 0)
		fprintf(f, "  eligible %" PRIu64 ", %s\n", p->eligible,
		    p->fixes ? "fixed at the opening" : "as at the close");
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
			line_count(f, page_reason(i, 0), b->refused[i]);
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
		    page_shown(e->name, safe), span,
		    e->forced ? "; FORCED by an operator, who accepted that "
				"votes may be lost"
			      : "");
	}
}

static void
text_keys(FILE *f, const struct book *b)
{
	char safe[EVOTE_TEXT_MAX + 1], key[NOTE_VKEY];
	const struct book_host *h;

	if (b->n_hosts > 0)
		fprintf(f, "\nHosts' keys, from which record on\n");
	for (uint32_t i = 0; i < b->n_hosts; i++) {
		h = &b->hosts[i];
		signers_text(b, i, key);
		fprintf(f, "  %10" PRIu64 "  %s  %s\n", h->seq, key,
		    page_shown(h->name, safe));
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

/* The ledger does; the checkpoint may not be signed. */
static void
text_holds(FILE *f, const struct page *p)
{
	int all = p->findings->total == 0;

	fprintf(f, all ? "\nAll holds" : "\nThe ledger holds");
	if (all && p->unchecked != NULL)
		fprintf(f, ", but %s not checked,\nwhich takes --policy",
		    p->unchecked);
	fprintf(f,
	    ": every record has its place and its hash, every "
	    "signature is its\nvoter's, every vote opens its commitment, and "
	    "carrying everything out again\ngives the same answers and "
	    "counts.\n");
	if (!all)
		fprintf(f,
		    "The checkpoint is of these records, but is NOT signed as "
		    "it should be.\n");
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
	if (p->findings->total != 0)
		text_findings(f, p);
	if (findings_of_ledger(p->findings))
		fprintf(f, "\nThis ledger does NOT hold.\n");
	else
		text_holds(f, p);
}
