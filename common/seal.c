#include "common/seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/pkcs12.h> /* PKCS8_set0_pbe */

/*
 * Algorithms are looked up once for the process, and each thread keeps one
 * context of each: looking up and allocating cost more than a short hash.
 */
struct contexts {
	EVP_MD_CTX *hash;
	EVP_MAC_CTX *mac;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t contexts_key;
static EVP_MD *sha256;
static EVP_MAC *hmac;

struct seal_key {
	EVP_PKEY *pkey;
};

struct seal_macer {
	EVP_MAC_CTX *mac;
};

/* No memory or no randomness: no promise can be kept without them. */
static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "seal: %s failed: %s\n", what,
	    ERR_reason_error_string(ERR_peek_last_error()));
	abort();
}

static void
contexts_free(void *p)
{
	struct contexts *c = p;

	EVP_MD_CTX_free(c->hash);
	EVP_MAC_CTX_free(c->mac);
	free(c);
}

static void
algorithms_fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	must(sha256 != NULL && hmac != NULL, "fetching SHA-256 and HMAC");
	must(pthread_key_create(&contexts_key, contexts_free) == 0,
	    "making a thread's key");
}

static EVP_MAC_CTX *
mac_new(void)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(
				   OSSL_MAC_PARAM_DIGEST, "SHA256", 0),
	    OSSL_PARAM_construct_end()};

	must(ctx != NULL, "allocating");
	must(EVP_MAC_CTX_set_params(ctx, params) == 1, "HMAC");
	return (ctx);
}

static struct contexts *
contexts_make(void)
{
	struct contexts *c = calloc(1, sizeof(*c));

	must(c != NULL, "allocating");
	c->hash = EVP_MD_CTX_new();
	c->mac = mac_new();
	must(c->hash != NULL, "allocating");
	must(EVP_DigestInit_ex2(c->hash, sha256, NULL) == 1, "SHA-256");
	must(pthread_setspecific(contexts_key, c) == 0, "keeping contexts");
	return (c);
}

static struct contexts *
contexts_get(void)
{
	struct contexts *c;

	pthread_once(&once, algorithms_fetch);
	c = pthread_getspecific(contexts_key);
	return (c != NULL ? c : contexts_make());
}

void
seal_hash(unsigned char out[SEAL_HASH], const struct seal_part *parts, size_t n)
{
	EVP_MD_CTX *ctx = contexts_get()->hash;
	int ok;

	/* The algorithm of the last time is kept when none is named. */
	ok = EVP_DigestInit_ex2(ctx, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		ok &= EVP_DigestUpdate(ctx, parts[i].data, parts[i].len);
	ok &= EVP_DigestFinal_ex(ctx, out, NULL);
	must(ok == 1, "SHA-256");
}

/* key NULL: the one of the last time. */
static void
mac_make(EVP_MAC_CTX *ctx, unsigned char out[SEAL_HASH], const void *key,
    size_t key_len, const struct seal_part *parts, size_t n)
{
	size_t len;
	int ok;

	ok = EVP_MAC_init(ctx, key, key_len, NULL);
	for (size_t i = 0; i < n; i++)
		ok &= EVP_MAC_update(ctx, parts[i].data, parts[i].len);
	ok &= EVP_MAC_final(ctx, out, &len, SEAL_HASH);
	must(ok == 1 && len == SEAL_HASH, "HMAC");
}

void
seal_mac(unsigned char out[SEAL_HASH], const void *key, size_t key_len,
    const struct seal_part *parts, size_t n)
{
	assert(key_len > 0);
	mac_make(contexts_get()->mac, out, key, key_len, parts, n);
}

struct seal_macer *
seal_macer_new(const unsigned char key[SEAL_HASH])
{
	struct seal_macer *m = malloc(sizeof(*m));

	must(m != NULL, "allocating");
	pthread_once(&once, algorithms_fetch);
	m->mac = mac_new();
	must(EVP_MAC_init(m->mac, key, SEAL_HASH, NULL) == 1, "HMAC");
	return (m);
}

void
seal_macer_free(struct seal_macer *m)
{
	if (m == NULL)
		return;
	EVP_MAC_CTX_free(m->mac);
	free(m);
}

void
seal_macer_mac(struct seal_macer *m, unsigned char out[SEAL_HASH],
    const struct seal_part *parts, size_t n)
{
	mac_make(m->mac, out, NULL, 0, parts, n);
}

int
seal_equal(const void *a, const void *b, size_t len)
{
	return (CRYPTO_memcmp(a, b, len) == 0);
}

void
seal_random(void *buf, size_t len)
{
	must(RAND_bytes_ex(NULL, buf, len, 0) == 1, "drawing random bytes");
}

int
seal_verify(const unsigned char key[SEAL_KEY],
    const unsigned char sig[SEAL_SIG], const void *msg, size_t len)
{
	EVP_PKEY *pkey;
	EVP_MD_CTX *ctx;
	int ok;

	pkey = EVP_PKEY_new_raw_public_key_ex(
	    NULL, "ED25519", NULL, key, SEAL_KEY);
	ctx = EVP_MD_CTX_new();
	must(pkey != NULL && ctx != NULL, "allocating");
	must(EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, pkey, NULL) ==
		1,
	    "preparing a verification");
	ok = EVP_DigestVerify(ctx, sig, SEAL_SIG, msg, len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return (ok);
}

static struct seal_key *
key_wrap(EVP_PKEY *pkey)
{
	struct seal_key *key = malloc(sizeof(*key));

	must(key != NULL, "allocating");
	key->pkey = pkey;
	return (key);
}

/* OpenSSL would ask at the terminal.  NULL: a file with one is refused. */
static int
passphrase_give(char *buf, int size, int writing, void *arg)
{
	const char *pass = arg;
	size_t len = pass != NULL ? strlen(pass) : 0;

	if (len == 0 || len > (size_t)size)
		return (-1);
	memcpy(buf, pass, len);
	return ((int)len);
}

struct seal_key *
seal_key_load(const char *path, char *err, size_t errlen)
{
	return (seal_key_unlock(path, NULL, err, errlen));
}

struct seal_key *
seal_key_unlock(const char *path, const char *pass, char *err, size_t errlen)
{
	EVP_PKEY *pkey;
	FILE *f;

	f = fopen(path, "re");
	if (f == NULL) {
		snprintf(err, errlen, "cannot open the key file %s: %s", path,
		    strerror(errno));
		return (NULL);
	}
	pkey = PEM_read_PrivateKey(f, NULL, passphrase_give, (void *)pass);
	fclose(f);
	ERR_clear_error();
	if (pkey == NULL) {
		snprintf(err, errlen,
		    pass != NULL ? "the passphrase does not fit the key file %s"
				 : "%s holds no private key in PEM form "
				   "without a passphrase",
		    path);
		return (NULL);
	}
	if (!EVP_PKEY_is_a(pkey, "ED25519")) {
		snprintf(err, errlen,
		    "%s holds a key of another kind than Ed25519", path);
		EVP_PKEY_free(pkey);
		return (NULL);
	}
	return (key_wrap(pkey));
}

struct seal_key *
seal_key_seed(const unsigned char seed[SEAL_KEY])
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key_ex(
	    NULL, "ED25519", NULL, seed, SEAL_KEY);

	must(pkey != NULL, "taking a key");
	return (key_wrap(pkey));
}

/* As `openssl pkcs8 -topk8 -scrypt` does: guessing costs 16 MB each time. */
static int
key_put_locked(FILE *f, EVP_PKEY *pkey, const char *pass)
{
	PKCS8_PRIV_KEY_INFO *open = EVP_PKEY2PKCS8(pkey);
	X509_ALGOR *how = PKCS5_pbe2_set_scrypt(
	    EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1);
	X509_SIG *locked = NULL;
	int ok;

	if (open != NULL && how != NULL)
		locked = PKCS8_set0_pbe(pass, (int)strlen(pass), open, how);
	if (locked == NULL)
		X509_ALGOR_free(how);
	ok = locked != NULL && PEM_write_PKCS8(f, locked) == 1;
	PKCS8_PRIV_KEY_INFO_free(open);
	X509_SIG_free(locked);
	return (ok);
}

static int
key_put(FILE *f, EVP_PKEY *pkey, const char *pass)
{
	if (pass != NULL)
		return (key_put_locked(f, pkey, pass));
	return (PEM_write_PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1);
}

/* 0, or -1 with errno. */
static int
key_write(int fd, EVP_PKEY *pkey, const char *pass)
{
	FILE *f = fdopen(fd, "w");
	int ok;

	if (f == NULL) {
		close(fd);
		return (-1);
	}
	ok = key_put(f, pkey, pass) && fflush(f) == 0 && fsync(fd) == 0;
	ERR_clear_error();
	return (fclose(f) == 0 && ok ? 0 : -1);
}

/*
 * Spreadsheets take text that begins with + for a formula, and some with /
 * for a command; one key in 32 does.
 */
static EVP_PKEY *
key_draw(void)
{
	unsigned char public[SEAL_KEY] = {0};
	size_t len = SEAL_KEY;
	EVP_PKEY *pkey;

	for (;;) {
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		must(pkey != NULL &&
			EVP_PKEY_get_raw_public_key(pkey, public, &len) == 1,
		    "making a key");
		/* The first six bits make the first letter of base64. */
		if (public[0] >> 2 < 62)
			return (pkey);
		EVP_PKEY_free(pkey);
	}
}

struct seal_key *
seal_key_make(const char *path, char *err, size_t errlen)
{
	return (seal_key_make_locked(path, NULL, err, errlen));
}

struct seal_key *
seal_key_make_locked(
    const char *path, const char *pass, char *err, size_t errlen)
{
	EVP_PKEY *pkey;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		snprintf(err, errlen, "cannot make the key file %s: %s", path,
		    strerror(errno));
		return (NULL);
	}
	pkey = key_draw();
	if (key_write(fd, pkey, pass) == -1) {
		snprintf(err, errlen, "cannot write the key file %s: %s", path,
		    strerror(errno));
		unlink(path);
		EVP_PKEY_free(pkey);
		return (NULL);
	}
	return (key_wrap(pkey));
}

void
seal_key_free(struct seal_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

void
seal_key_public(const struct seal_key *key, unsigned char out[SEAL_KEY])
{
	size_t len = SEAL_KEY;

	must(EVP_PKEY_get_raw_public_key(key->pkey, out, &len) == 1,
	    "reading a public key");
}

void
seal_key_sign(const struct seal_key *key, unsigned char sig[SEAL_SIG],
    const void *msg, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t sig_len = SEAL_SIG;

	must(ctx != NULL, "allocating");
	must(EVP_DigestSignInit_ex(
		 ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
		EVP_DigestSign(ctx, sig, &sig_len, msg, len) == 1,
	    "signing");
	EVP_MD_CTX_free(ctx);
}

void
seal_base64(char *out, const void *data, size_t len)
{
	EVP_EncodeBlock((unsigned char *)out, data, (int)len);
}

/* The bytes that a well-formed text of this length stands for. */
static size_t
base64_size(const char *text, size_t len)
{
	size_t size = len / 4 * 3;

	if (len >= 4 && text[len - 1] == '=')
		size -= text[len - 2] == '=' ? 2 : 1;
	return (size);
}

int
seal_unbase64(void *out, size_t max, const char *text, size_t len)
{
	size_t size = base64_size(text, len);
	unsigned char *bytes;
	char *again;
	int ok;

	if (len % 4 != 0 || size > max || size > INT_MAX / 2)
		return (-1);
	/*
	 * OpenSSL passes over blanks and stray bits: the text is canonical
	 * when the bytes give it again.
	 */
	bytes = calloc(1, len / 4 * 3 + 1);
	again = malloc(len + 1);
	must(bytes != NULL && again != NULL, "allocating");
	ok = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) >= 0;
	if (ok) {
		seal_base64(again, bytes, size);
		ok = memcmp(again, text, len) == 0;
	}
	if (ok)
		memcpy(out, bytes, size);
	/* What is read here is often a key. */
	OPENSSL_cleanse(bytes, len / 4 * 3);
	OPENSSL_cleanse(again, len);
	free(bytes);
	free(again);
	return (ok ? (int)size : -1);
}

void
seal_hex(char *out, const void *data, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);
	return (-1);
}

int
seal_unhex(void *out, size_t len, const char *text)
{
	unsigned char *p = out;

	if (strlen(text) != 2 * len ||
	    strspn(text, "0123456789abcdefABCDEF") != 2 * len)
		return (-1);
	for (size_t i = 0; i < len; i++, text += 2)
		p[i] = (unsigned char)(hex_digit(text[0]) << 4 |
		    hex_digit(text[1]));
	return (0);
}
