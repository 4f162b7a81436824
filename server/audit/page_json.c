#include "server/audit/page_impl.h"

#include <cjson/cJSON.h>
#include <inttypes.h>

#include "common/need.h"
#include "common/seal.h"
#include "common/text.h"
#include "server/audit/signers.h"

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

	need(cJSON_AddStringToObject(to, name, page_shown(text, safe)));
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

static void
json_life(cJSON *o, const struct book_poll *p)
{
	cJSON *list, *one;

	add_text(o, "creator", p->creator);
	add_number(o, "created", p->created);
	add_number(o, "start", p->start);
	add_number(o, "opened", p->opened);
	add_number(o, "end", p->about.end);
	add_number(o, "grace", p->grace);
	add_number(o, "closed", p->closed);
	list = need(cJSON_AddArrayToObject(o, "extended"));
	for (uint32_t i = 0; i < p->n_extended; i++) {
		one = need(cJSON_CreateObject());
		add_number(one, "time", p->extended[i].time);
		add_text(one, "by", p->extended[i].by);
		add_number(one, "from", p->extended[i].from);
		add_number(one, "to", p->extended[i].to);
		add_text(one, "reason", p->extended[i].reason);
		cJSON_AddItemToArray(list, one);
	}
	need(cJSON_AddBoolToObject(o, "cancelled", p->cancelled_by != NULL));
	if (p->cancelled_by == NULL)
		return;
	add_text(o, "cancelled_by", p->cancelled_by);
	add_text(o, "cancelled_for", p->cancelled_for);
}

static cJSON *
json_poll(const struct book_poll *p)
{
	cJSON *o = need(cJSON_CreateObject()), *counts, *one;
	const evote_election *about = &p->about;

	add_text(o, "name", about->name);
	json_life(o, p);
	need(cJSON_AddBoolToObject(o, "sheet", p->has_sheet));
	need(cJSON_AddBoolToObject(o, "frozen", p->fixes));
	add_number(o, "received", p->received);
	add_number(o, "valid", p->received - p->faulty);
	add_number(o, "signed", p->signed_votes);
	add_number(o, "counted", page_counted(p));
	if (!page_has_counts(p))
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
	char key[64], policy[NOTE_VKEY];

	for (uint32_t i = 0; i < b->n_hosts; i++) {
		one = need(cJSON_CreateObject());
		seal_base64(key, b->hosts[i].key, sizeof(b->hosts[i].key));
		add_text(one, "host", b->hosts[i].name);
		add_number(one, "seq", b->hosts[i].seq);
		add_text(one, "key", key);
		signers_text(b, i, policy);
		need(cJSON_AddStringToObject(one, "policy_key", policy));
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
	need(cJSON_AddBoolToObject(
	    to, "ledger_ok", !findings_of_ledger(p->findings)));
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
	need(cJSON_AddBoolToObject(
	    to, "checkpoint_unchecked", p->unchecked != NULL));
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
			    list, page_reason(i, 1), p->book->refused[i]);
	}
	json_hosts(o, p->book);
	json_keys(o, p->book);
	json_findings(o, p->findings);
	text = need(cJSON_PrintUnformatted(o));
	/* The directory's name may be any bytes. */
	text_mend(text);
	fprintf(f, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(o);
}
