#include "client/lib/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/lib/agent.h"
#include "client/lib/sshkey.h"
#include "common/need.h"
#include "common/private.h"
#include "common/text.h"

#define FILE_MAX 16384 /* bytes of a key file */

struct signer {
	struct seal_key *key; /* NULL: the agent has it */
	unsigned char public[SEAL_KEY];
};

/* A pipe is not opened, since its other end may never come. */
static int
is_strange(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

/* What is there, up to max bytes, NUL-terminated; a missing file is empty. */
static size_t
file_read(const char *path, char *out, size_t max)
{
	FILE *f = is_strange(path) ? NULL : fopen(path, "re");
	size_t n = 0;

	if (f != NULL) {
		n = fread(out, 1, max - 1, f);
		fclose(f);
	}
	out[n] = '\0';
	return (n);
}

static int
fail(const char *path, const char *what, char *err, size_t errlen)
{
	return (text_why(err, errlen, "%s %s", path, what));
}

static int
pem_fill(struct signer *s, const char *path, const char *pass, char *err,
    size_t errlen)
{
	s->key = pass != NULL ? seal_key_unlock(path, pass, err, errlen)
			      : seal_key_load(path, err, errlen);
	if (s->key == NULL)
		return (-1);
	seal_key_public(s->key, s->public);
	return (0);
}

static int
signer_fill(struct signer *s, const char *path, const char *pass,
    const char *text, size_t len, char *err, size_t errlen)
{
	struct sshkey k = {0};
	char why[200];
	int rc = 0;

	if (is_strange(path))
		return (fail(path,
		    "is not a plain file, and a key is read more than once: "
		    "save it in one",
		    err, errlen));
	switch (sshkey_private(&k, text, len, why, sizeof(why))) {
	case SSHKEY_OPEN:
		s->key = seal_key_seed(k.seed);
		seal_key_public(s->key, s->public);
		if (!seal_equal(s->public, k.public, SEAL_KEY))
			rc = fail(path, "is damaged: its two halves do not fit",
			    err, errlen);
		break;
	case SSHKEY_ENCRYPTED:
		memcpy(s->public, k.public, SEAL_KEY);
		break;
	case SSHKEY_UNFIT:
		rc = fail(path, why, err, errlen);
		break;
	case SSHKEY_OTHER:
		if (sshkey_public(s->public, text, why, sizeof(why)) != 0)
			rc = pem_fill(s, path, pass, err, errlen);
		break;
	}
	explicit_bzero(&k, sizeof(k));
	return (rc);
}

struct signer *
signer_open(const char *path, char *err, size_t errlen)
{
	return (signer_unlock(path, NULL, err, errlen));
}

struct signer *
signer_unlock(const char *path, const char *pass, char *err, size_t errlen)
{
	struct signer *s = need_zeroed(1, sizeof(*s));
	char text[FILE_MAX];
	size_t len;

	len = file_read(path, text, sizeof(text));
	if (signer_fill(s, path, pass, text, len, err, errlen) != 0) {
		signer_close(s);
		s = NULL;
	}
	explicit_bzero(text, sizeof(text));
	return (s);
}

int
signer_is_locked(const char *path)
{
	char text[FILE_MAX];

	file_read(path, text, sizeof(text));
	return (strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") != NULL ||
	    strstr(text, "Proc-Type: 4,ENCRYPTED") != NULL);
}

void
signer_public(const struct signer *s, unsigned char out[SEAL_KEY])
{
	memcpy(out, s->public, SEAL_KEY);
}

static int
is_public(const char *path)
{
	unsigned char key[SEAL_KEY];
	char text[FILE_MAX], why[200];
	int public;

	file_read(path, text, sizeof(text));
	public = sshkey_public(key, text, why, sizeof(why)) == 0;
	explicit_bzero(text, sizeof(text));
	return (public);
}

const char *
signer_doubt(const char *path)
{
	const char *why = private_doubt(path, geteuid(), 0);

	if (why != NULL && is_public(path))
		why = private_doubt(path, geteuid(), 1);
	return (why);
}

void
signer_close(struct signer *s)
{
	if (s == NULL)
		return;
	seal_key_free(s->key);
	free(s);
}

int
signer_sign(struct signer *s, unsigned char sig[SEAL_SIG], const void *msg,
    size_t len, char *err, size_t errlen)
{
	if (s->key == NULL)
		return (agent_sign(sig, s->public, msg, len, err, errlen));
	seal_key_sign(s->key, sig, msg, len);
	return (0);
}
