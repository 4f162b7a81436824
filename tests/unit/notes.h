#ifndef EVOTE_TEST_NOTES_H
#define EVOTE_TEST_NOTES_H

#include <stdio.h>
#include <string.h>

#include "common/note.h"

/* Who signs notes in tests: a key of each kind, from a seed of one byte. */
struct notary {
	struct seal_key *key;
	struct note_key public;
};

static inline struct notary
notary_new(enum note_type type, const char *name, unsigned char seed_byte)
{
	unsigned char seed[SEAL_KEY], public[SEAL_KEY];
	struct notary s;

	memset(seed, seed_byte, sizeof(seed));
	s.key = seal_key_seed(seed);
	seal_key_public(s.key, public);
	note_key_set(&s.public, type, name, public);
	return (s);
}

/* -1: it does not fit. */
static inline int
notary_sign(char *note, size_t size, const struct notary *s, const char *text,
    uint64_t time_s)
{
	unsigned char sig[SEAL_SIG];

	if (s->public.type == NOTE_LOG)
		note_sign(s->key, text, sig);
	else
		note_cosign(s->key, text, time_s, sig);
	return (note_add(note, size, &s->public, time_s, sig));
}

/* What is said of a file that somebody's program has saved anew. */
#define RESAVED_CR                                                          \
	"it was saved with other line ends (CR), as mail programs do; get " \
	"the file again, or save it with LF line ends"
#define RESAVED_MARK                                                        \
	"it was saved with a byte-order mark, as editors do; get the file " \
	"again, or save it as UTF-8 without that mark"

/* A log with two hosts. */
struct notaries {
	struct notary log, alpha, beta;
};

static inline struct notaries
notaries_new(const char *origin, const unsigned char cluster[16])
{
	char log[NOTE_NAME] = "", host[NOTE_NAME] = "";
	struct notaries s;

	note_log_name(log, origin, cluster);
	s.log = notary_new(NOTE_LOG, log, 1);
	note_host_name(host, log, "alpha");
	s.alpha = notary_new(NOTE_HOST, host, 2);
	note_host_name(host, log, "beta");
	s.beta = notary_new(NOTE_HOST, host, 3);
	return (s);
}

static inline void
notaries_free(struct notaries *s)
{
	seal_key_free(s->log.key);
	seal_key_free(s->alpha.key);
	seal_key_free(s->beta.key);
}

#endif
