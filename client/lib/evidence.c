#include "client/lib/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/note.h"
#include "common/now.h"
#include "common/receipt.h"
#include "common/text.h"

#define ASK_MS 3000

static int
is_among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (; (names = strstr(names, name)) != NULL; names += len)
		if (names[len] == ',' || names[len] == '\0')
			return (1);
	return (0);
}

static void
name_add(struct evote *e, const char *path, char names[EVIDENCE_NAMES])
{
	const char *name = strrchr(path, '/') + 1;

	snprintf(e->evidence, sizeof(e->evidence), "%s", path);
	if (!is_among(names, name))
		text_join(names, EVIDENCE_NAMES, ", ", name);
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
note_keep(struct evote *e, const char *text, char names[EVIDENCE_NAMES])
{
	char path[PATH_MAX + 128];

	if (text != NULL &&
	    state_note_evidence(
		e->state, text, size_of(text), path, sizeof(path)) == 0)
		name_add(e, path, names);
}

/*
 * What the service signs now, whatever was seen; NULL: no answer.  On a way of
 * its own: the handle's may be under way itself.
 */
static char *
note_ask(const struct evote *e)
{
	static const struct procedure checkpoint = {EVOTE_CHECKPOINT,
	    (xdrproc_t)xdr_evote_checkpoint_args,
	    (xdrproc_t)xdr_evote_checkpoint_res, sizeof(evote_checkpoint_res)};
	struct route *r = route_new(&e->hosts, NULL, NULL);
	evote_checkpoint_args args = {0};
	evote_checkpoint_res res = {0};
	unsigned sends = 0;
	char *text = NULL;

	if (r == NULL)
		return (NULL);
	route_secure(r, e->options.plain,
	    e->hosts.pin[0] != '\0' ? e->hosts.pin : e->pin);
	if (route_call(r, &checkpoint, &args, &res, now_ms() + ASK_MS,
		&sends) == ROUTE_SERVED &&
	    res.answer.code == 0)
		text = strdup(res.note);
	xdr_free((xdrproc_t)xdr_evote_checkpoint_res, &res);
	route_free(r);
	return (text);
}

/* Who runs into it again and again does not ask, and keep, one each time. */
static void
shown_now(struct evote *e, char names[EVIDENCE_NAMES])
{
	static const char kind[] = "-checkpoint";
	char path[PATH_MAX + 128], *text = NULL;

	if (state_evidence_kept(e->state, &e->seen, kind, path, sizeof(path)) ||
	    ((text = note_ask(e)) != NULL &&
		state_evidence(
		    e->state, &e->seen, kind, text, path, sizeof(path)) == 0))
		name_add(e, path, names);
	free(text);
}

void
evidence_notes(struct evote *e, const char *before, const char *now,
    char names[EVIDENCE_NAMES])
{
	char *last = NULL;

	e->evidence[0] = '\0';
	note_keep(e, before, names);
	if (state_checkpoint(e->state, &last) == 1)
		note_keep(e, last, names);
	free(last);
	if (now != NULL)
		note_keep(e, now, names);
	else
		shown_now(e, names);
}

void
evidence_text(struct evote *e, const char *kind, const char *text,
    char names[EVIDENCE_NAMES])
{
	char path[PATH_MAX + 128];

	if (state_evidence(
		e->state, &e->seen, kind, text, path, sizeof(path)) == 0)
		name_add(e, path, names);
}

enum evote_outcome
evidence_tell(struct evote *e, const char *who, const char *what,
    const char *names, const char *remove)
{
	const char *dir = state_dir(e->state);

	handle_fail(e,
	    "%s %s, and votes that were accepted may be missing. Show "
	    "%s%s%.500s to the operators. To go on with the service as it is "
	    "now, remove the files %s in %.500s",
	    who, what, names[0] != '\0' ? names : "this message",
	    names[0] != '\0' ? " in " : "", names[0] != '\0' ? dir : "", remove,
	    dir);
	return (EVOTE_CHANGED);
}
