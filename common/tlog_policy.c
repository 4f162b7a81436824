#include "common/tlog_policy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/text.h"

#define WORDS_MAX (TLOG_POLICY_NODES + 3) /* of a line */
#define NONE	  "none"
/* No host's name has a plus in it once it is escaped. */
#define ALL "all+hosts"

_Static_assert(TLOG_POLICY_NODES <= 64, "a verdict has a bit for each");

/* ---- a line ---- */

struct words {
	int n; /* WORDS_MAX + 1: too many */
	char *list[WORDS_MAX];
};

static void
words_split(struct words *w, char *line)
{
	char *rest = NULL, *word;

	w->n = 0;
	for (word = strtok_r(line, " \t", &rest); word != NULL;
	     word = strtok_r(NULL, " \t", &rest)) {
		if (w->n < WORDS_MAX)
			w->list[w->n] = word;
		if (w->n <= WORDS_MAX)
			w->n++;
	}
}

struct reader {
	struct tlog_policy *policy;
	unsigned line;
	int has_quorum;
	char *err;
	size_t errlen;
};

static int __attribute__((format(printf, 2, 3)))
wrong(struct reader *r, const char *fmt, ...)
{
	char why[NOTE_NAME + 100];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	text_harmless(why);
	return (text_why(r->err, r->errlen, "line %u: %s", r->line, why));
}

/* ---- names and keys ---- */

static int
node_find(const struct tlog_policy *p, const char *name)
{
	for (int i = 0; i < p->n_nodes; i++)
		if (strcmp(p->nodes[i].name, name) == 0)
			return (i);
	return (-1);
}

/* A new name; NULL: it cannot be one. */
static struct tlog_node *
node_add(struct reader *r, const char *name)
{
	struct tlog_policy *p = r->policy;
	struct tlog_node *node = &p->nodes[p->n_nodes];

	if (p->n_nodes == TLOG_POLICY_NODES) {
		wrong(r, "there are more than %d witnesses and groups",
		    TLOG_POLICY_NODES);
		return (NULL);
	}
	if (strlen(name) >= sizeof(node->name)) {
		wrong(r, "the name is too long");
		return (NULL);
	}
	if (strcmp(name, NONE) == 0 || node_find(p, name) >= 0) {
		wrong(r, "the name %s is taken", name);
		return (NULL);
	}
	snprintf(node->name, sizeof(node->name), "%s", name);
	node->parent = -1;
	return (node);
}

static int
is_same_key(const struct note_key *a, const struct note_key *b)
{
	return (memcmp(a->public, b->public, SEAL_KEY) == 0);
}

static int
key_read(struct reader *r, const char *text, enum note_type type,
    struct note_key *key)
{
	const struct tlog_policy *p = r->policy;
	char why[200];
	int i;

	if (note_vkey_read(key, text, why, sizeof(why)) != 0)
		return (wrong(r, "in the key, %s", why));
	if (key->type != type)
		return (wrong(r, "the key is %s",
		    type == NOTE_LOG ? "one for cosignatures, not of a log"
				     : "not one for cosignatures"));
	for (i = 0; type == NOTE_LOG && i < p->n_logs; i++)
		if (is_same_key(key, &p->logs[i]))
			return (wrong(r, "another log has this key"));
	for (i = 0; type == NOTE_HOST && i < p->n_nodes; i++)
		if (p->nodes[i].n == 0 && is_same_key(key, &p->nodes[i].key))
			return (wrong(r, "the witness %s has this key",
			    p->nodes[i].name));
	return (0);
}

/* ---- what a line may say ---- */

static int
read_log(struct reader *r, const struct words *w)
{
	struct tlog_policy *p = r->policy;

	if (w->n < 2 || w->n > 3)
		return (wrong(r, "it is log KEY [URL]"));
	if (p->n_logs == TLOG_POLICY_LOGS)
		return (
		    wrong(r, "there are more than %d logs", TLOG_POLICY_LOGS));
	if (key_read(r, w->list[1], NOTE_LOG, &p->logs[p->n_logs]) != 0)
		return (-1);
	p->n_logs++;
	return (0);
}

static int
read_witness(struct reader *r, const struct words *w)
{
	struct tlog_node *node;

	if (w->n < 3 || w->n > 4)
		return (wrong(r, "it is witness NAME KEY [URL]"));
	if ((node = node_add(r, w->list[1])) == NULL ||
	    key_read(r, w->list[2], NOTE_HOST, &node->key) != 0)
		return (-1);
	r->policy->n_nodes++;
	return (0);
}

/* "any", "all" or a number; -1: none of these. */
static int
threshold(const char *word, int n)
{
	uint64_t k;

	if (strcmp(word, "any") == 0)
		return (1);
	if (strcmp(word, "all") == 0)
		return (n);
	if (note_number(word, strlen(word), &k) != 0 || k < 1 ||
	    k > (uint64_t)n)
		return (-1);
	return ((int)k);
}

static int
read_member(struct reader *r, const char *name)
{
	struct tlog_policy *p = r->policy;
	int i = node_find(p, name);

	if (i < 0)
		return (
		    wrong(r, "nothing before this line has the name %s", name));
	if (p->nodes[i].parent >= 0)
		return (wrong(r, "%s is in a group already", name));
	p->nodes[i].parent = p->n_nodes;
	return (0);
}

static int
read_group(struct reader *r, const struct words *w)
{
	struct tlog_node *node;

	if (w->n < 4)
		return (wrong(r, "it is group NAME all|any|NUMBER NAME ..."));
	if ((node = node_add(r, w->list[1])) == NULL)
		return (-1);
	node->n = w->n - 3;
	node->least = threshold(w->list[2], node->n);
	if (node->least < 0)
		return (wrong(r, "%s is not all, any, or a number from 1 to %d",
		    w->list[2], node->n));
	for (int i = 3; i < w->n; i++)
		if (read_member(r, w->list[i]) != 0)
			return (-1);
	r->policy->n_nodes++;
	return (0);
}

static int
read_quorum(struct reader *r, const struct words *w)
{
	if (w->n != 2)
		return (wrong(r, "it is quorum NAME"));
	if (r->has_quorum)
		return (wrong(r, "there is a quorum line before this one"));
	r->has_quorum = 1;
	r->policy->quorum = node_find(r->policy, w->list[1]);
	if (r->policy->quorum < 0 && strcmp(w->list[1], NONE) != 0)
		return (wrong(
		    r, "nothing before this line has the name %s", w->list[1]));
	return (0);
}

static int
read_words(struct reader *r, const struct words *w)
{
	static const struct {
		const char *word;
		int (*read)(struct reader *, const struct words *);
	} kinds[] = {{"log", read_log}, {"witness", read_witness},
	    {"group", read_group}, {"quorum", read_quorum}};

	if (w->n == 0 || w->list[0][0] == '#')
		return (0);
	if (w->n > WORDS_MAX)
		return (wrong(r, "it has too many words"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(w->list[0], kinds[i].word) == 0)
			return (kinds[i].read(r, w));
	return (
	    wrong(r, "%s is not log, witness, group or quorum", w->list[0]));
}

/* ---- the file ---- */

static int
read_line(struct reader *r, const char *line, size_t len)
{
	struct words words;
	char *copy;
	int rc;

	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < 0x20 && line[i] != '\t') ||
		    line[i] == 0x7f)
			return (wrong(r, "it has a control character in it"));
	copy = need(strndup(line, len));
	words_split(&words, copy);
	rc = read_words(r, &words);
	free(copy);
	return (rc);
}

static int
read_all(struct reader *r, const char *at, const char *end)
{
	const char *line;
	size_t len;

	while (at < end) {
		r->line++;
		if ((line = text_line(&at, end, &len)) == NULL)
			return (wrong(r, "it has no end"));
		if (read_line(r, line, len) != 0)
			return (-1);
	}
	if (!r->has_quorum)
		return (text_why(r->err, r->errlen,
		    "there is no quorum line, which says who must have "
		    "signed"));
	return (0);
}

struct tlog_policy *
tlog_policy_read(const char *text, size_t len, char *err, size_t errlen)
{
	struct tlog_policy *p = need_zeroed(1, sizeof(*p));
	struct reader r = {.policy = p, .err = err, .errlen = errlen};
	const char *why =
	    len > TLOG_POLICY_SIZE ? "it is too long" : text_resaved(text, len);

	if (why != NULL) {
		text_why(err, errlen, "%s", why);
		free(p);
		return (NULL);
	}
	p->quorum = -1;
	if (read_all(&r, text, text + len) == 0)
		return (p);
	free(p);
	return (NULL);
}

void
tlog_policy_free(struct tlog_policy *p)
{
	free(p);
}

/* ---- a policy of all hosts ---- */

/* The group is the last node, for whom the others are. */
static void
group_all(struct tlog_policy *p)
{
	struct tlog_node *group = &p->nodes[p->n_nodes++];

	memset(group, 0, sizeof(*group));
	snprintf(group->name, sizeof(group->name), "%s", ALL);
	group->parent = -1;
	group->n = group->least = p->quorum = p->n_nodes - 1;
	for (int i = 0; i < p->quorum; i++)
		p->nodes[i].parent = p->quorum;
}

struct tlog_policy *
tlog_policy_new(const struct note_key *log)
{
	struct tlog_policy *p = need_zeroed(1, sizeof(*p));

	p->n_logs = 1;
	p->logs[0] = *log;
	p->quorum = -1;
	return (p);
}

int
tlog_policy_add(
    struct tlog_policy *p, const char *name, const struct note_key *key)
{
	struct tlog_node *node;

	if (p->quorum >= 0)
		p->n_nodes--;
	if (p->n_nodes + 2 > TLOG_POLICY_NODES) {
		group_all(p);
		return (-1);
	}
	node = &p->nodes[p->n_nodes++];
	memset(node, 0, sizeof(*node));
	snprintf(node->name, sizeof(node->name), "%s%s",
	    strcmp(name, NONE) == 0 ? "%" : "", name);
	node->key = *key;
	group_all(p);
	return (0);
}

static void
keys_print(FILE *f, const struct tlog_policy *p)
{
	char vkey[NOTE_VKEY];

	for (int i = 0; i < p->n_logs; i++) {
		note_vkey_write(&p->logs[i], vkey);
		fprintf(f, "log %s\n", vkey);
	}
	for (int i = 0; i < p->n_nodes; i++)
		if (p->nodes[i].n == 0) {
			note_vkey_write(&p->nodes[i].key, vkey);
			fprintf(f, "witness %s %s\n", p->nodes[i].name, vkey);
		}
}

char *
tlog_policy_write(const struct tlog_policy *p, const char *comment)
{
	char *out = NULL;
	size_t size;
	FILE *f = need(open_memstream(&out, &size));
	int failed;

	fputs(comment, f);
	keys_print(f, p);
	if (p->quorum >= 0) {
		fprintf(f, "group %s all", p->nodes[p->quorum].name);
		for (int i = 0; i < p->quorum; i++)
			fprintf(f, " %s", p->nodes[i].name);
		fputc('\n', f);
	}
	fprintf(
	    f, "quorum %s\n", p->quorum >= 0 ? p->nodes[p->quorum].name : NONE);
	failed = ferror(f);
	return (need(fclose(f) == 0 && !failed ? out : NULL));
}

/* ---- judging ---- */

static enum tlog_judgement
logs_judge(const struct tlog_policy *p, const struct note *n, const char **who)
{
	enum tlog_judgement end = TLOG_STRANGE;

	for (int i = 0; i < p->n_logs; i++) {
		if (strcmp(p->logs[i].name, n->log) != 0)
			continue;
		switch (note_verify(n, &p->logs[i], NULL)) {
		case NOTE_FORGED:
			*who = p->logs[i].name;
			return (TLOG_FORGED);
		case NOTE_SIGNED:
			end = TLOG_GOOD;
			break;
		case NOTE_UNSIGNED:
			if (end == TLOG_STRANGE)
				end = TLOG_UNSIGNED;
		}
	}
	return (end);
}

/* Groups come after their members: one pass is enough. */
static int
quorum_met(const struct tlog_policy *p, uint64_t signed_by)
{
	int count[TLOG_POLICY_NODES] = {0}, met = 0;

	for (int i = 0; i < p->n_nodes; i++) {
		const struct tlog_node *node = &p->nodes[i];

		met = node->n == 0 ? (signed_by >> i & 1) != 0
				   : count[i] >= node->least;
		if (met && node->parent >= 0)
			count[node->parent]++;
		if (i == p->quorum)
			return (met);
	}
	return (1);
}

void
tlog_policy_judge(
    const struct tlog_policy *p, const struct note *n, struct tlog_verdict *v)
{
	uint64_t at;

	memset(v, 0, sizeof(*v));
	v->judgement = logs_judge(p, n, &v->forged);
	v->log_signed = v->judgement == TLOG_GOOD;
	if (!v->log_signed)
		return;
	for (int i = 0; i < p->n_nodes; i++) {
		if (p->nodes[i].n > 0)
			continue;
		switch (note_verify(n, &p->nodes[i].key, &at)) {
		case NOTE_FORGED:
			v->judgement = TLOG_FORGED;
			v->forged = p->nodes[i].name;
			return;
		case NOTE_SIGNED:
			v->signed_by |= UINT64_C(1) << i;
			if (at > v->latest_s)
				v->latest_s = at;
			break;
		case NOTE_UNSIGNED:
			break;
		}
	}
	if (!quorum_met(p, v->signed_by))
		v->judgement = TLOG_SHORT;
}
