#include "client/lib/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/note.h"
#include "common/now.h"
#include "common/receipt.h"
#include "common/text.h"

#define ASK_MS 3000
#define NOW    "-checkpoint" /* the kind of what is shown now */

static int
is_among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (; (names = strstr(names, name)) != NULL; names += len)
		if (names[len] == ',' || names[len] == '\0')
			return (1);
	return (0);
}

/* kept: 0, 1 as nothing is without a directory, or -1. */
static void
file_add(struct evote *e, int kept, const char *path, struct evidence *v)
{
	const char *name = strrchr(path, '/') + 1;

	v->lost |= kept < 0;
	if (kept != 0)
		return;
	snprintf(e->evidence, sizeof(e->evidence), "%s", path);
	if (!is_among(v->names, name))
		text_join(v->names, sizeof(v->names), ", ", name);
}

static uint64_t
size_of(const char *text)
{
	size_t len = strlen(text);
	struct receipt r;
	struct note n;
	char err[300];

	if (note_read(&n, text, len, err, sizeof(err)) == 0)
		return (n.size);
	if (receipt_read(&r, text, len, err, sizeof(err)) != 0)
		return (0);
	n.size = r.note.size;
	receipt_clear(&r);
	return (n.size);
}

static void
note_keep(struct evote *e, const char *text, struct evidence *v)
{
	char path[PATH_MAX + 128];

	if (text != NULL)
		file_add(e,
		    state_note_evidence(
			e->state, text, size_of(text), path, sizeof(path)),
		    path, v);
}

void
evidence_text(
    struct evote *e, const char *kind, const char *text, struct evidence *v)
{
	char path[PATH_MAX + 128];

	file_add(e,
	    state_evidence(e->state, &e->seen, kind, text, path, sizeof(path)),
	    path, v);
}

/* ---- what is shown now ---- */

/* What this host signs now, whatever was seen; NULL: no answer. */
static char *
note_ask(const struct evote *e, struct route *r, int host, uint64_t deadline_ms)
{
	static const struct procedure checkpoint = {EVOTE_CHECKPOINT,
	    (xdrproc_t)xdr_evote_checkpoint_args,
	    (xdrproc_t)xdr_evote_checkpoint_res, sizeof(evote_checkpoint_res)};
	evote_checkpoint_args args = {0};
	evote_checkpoint_res res = {0};
	unsigned sends = 0;
	char *text = NULL;

	route_prefer(r, host, route_endpoints(e->route)->ports[host]);
	if (route_call(r, &checkpoint, &args, &res, deadline_ms, &sends) ==
		ROUTE_SERVED &&
	    res.answer.code == 0)
		text = strdup(res.note);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	return (text);
}

static int
is_same(const char *a, const char *b)
{
	struct note n, m;
	char err[200];

	return (note_read(&n, a, strlen(a), err, sizeof(err)) == 0 &&
	    note_read(&m, b, strlen(b), err, sizeof(err)) == 0 &&
	    n.size == m.size && memcmp(n.root, m.root, sizeof(n.root)) == 0);
}

/*
 * Of two histories each may have a host that serves it, so it is the one that
 * contradicts that is asked first.
 */
static void
hosts_ask(struct evote *e, struct route *r, int host, const char *last,
    struct evidence *v)
{
	uint64_t deadline_ms = now_ms() + ASK_MS;
	int other = 0;
	char *text;

	for (int i = 0; i < e->hosts.n && !other; i++) {
		text = note_ask(e, r, (host + i) % e->hosts.n, deadline_ms);
		other = text != NULL && (last == NULL || !is_same(text, last));
		if (other)
			evidence_text(e, NOW, text, v);
		else
			note_keep(e, text, v);
		free(text);
	}
}

/*
 * Who runs into it again and again does not ask, and keep, one each time.  On a
 * way of its own: the handle's may be under way itself.
 */
static void
shown_now(struct evote *e, int host, const char *last, struct evidence *v)
{
	char path[PATH_MAX + 128];
	struct route *r;

	if (state_evidence_kept(e->state, &e->seen, NOW, path, sizeof(path))) {
		file_add(e, 0, path, v);
		return;
	}
	if (e->asked_now || (r = route_new(&e->hosts, NULL, NULL)) == NULL)
		return;
	e->asked_now = 1;
	route_secure(r, e->options.plain,
	    e->hosts.pin[0] != '\0' ? e->hosts.pin : e->pin);
	hosts_ask(e, r, host >= 0 ? host : 0, last, v);
	route_free(r);
}

/* ---- all of it ---- */

void
evidence_notes(struct evote *e, int host, const char *before, const char *now,
    struct evidence *v)
{
	char *last = NULL;

	e->evidence[0] = '\0';
	note_keep(e, before, v);
	note_keep(e, e->since, v);
	v->lost |= state_checkpoint(e->state, &last) < 0;
	note_keep(e, last, v);
	if (now != NULL)
		note_keep(e, now, v);
	else
		shown_now(e, host, last, v);
	free(last);
}

enum evote_outcome
evidence_tell(struct evote *e, const char *who, const char *what,
    const struct evidence *v, const char *remove)
{
	const char *dir = state_dir(e->state), *names = v->names;

	if (v->lost)
		handle_fail(e,
		    "%s %s, and votes that were accepted may be missing. "
		    "Evidence of it could not be kept: %.700s. Remove nothing "
		    "in %.500s, which may hold the only proof: make room there "
		    "and run the command again",
		    who, what, state_error(e->state), dir);
	else
		handle_fail(e,
		    "%s %s, and votes that were accepted may be missing. Show "
		    "%s%s%.500s to the operators. To go on with the service as "
		    "it is now, remove the files %s in %.500s",
		    who, what, names[0] != '\0' ? names : "this message",
		    names[0] != '\0' ? " in " : "", names[0] != '\0' ? dir : "",
		    remove, dir);
	/* What cannot be written down is found out again. */
	if (v->stands && !v->lost)
		state_mark(e->state, remove, e->problem);
	return (EVOTE_CHANGED);
}

enum evote_outcome
evidence_standing(struct evote *e)
{
	char *sentence;
	int rc = state_marked(e->state, &sentence);

	if (rc == 0)
		return (EVOTE_ANSWERED);
	handle_fail(e, "%s", rc < 0 ? state_error(e->state) : sentence);
	free(sentence);
	return (rc < 0 ? EVOTE_FAILED : EVOTE_CHANGED);
}

int
evote_contradicted(struct evote *e)
{
	return (evidence_standing(e) == EVOTE_CHANGED);
}
