#include "common/rpc/authority.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "common/seal.h"

#define VALID_FROM "19700101000000Z"
#define VALID_TO   "99991231235959Z"
#define SERIAL	   16 /* bytes */

/* ---- keys ---- */

EVP_PKEY *
authority_key(const unsigned char cluster_key[32])
{
	static const char what[] = "evote ca 1";
	struct seal_part part = {what, sizeof(what) - 1};
	unsigned char seed[SEAL_HASH];

	seal_mac(seed, cluster_key, 32, &part, 1);
	return (EVP_PKEY_new_raw_private_key_ex(
	    NULL, "ED25519", NULL, seed, sizeof(seed)));
}

EVP_PKEY *
authority_leaf_key(void)
{
	return (EVP_EC_gen("P-256"));
}

static int
key_digest(EVP_PKEY *key, unsigned char out[32])
{
	unsigned char *spki = NULL;
	int len = key == NULL ? -1 : i2d_PUBKEY(key, &spki);
	struct seal_part part = {spki, len > 0 ? (size_t)len : 0};

	if (len <= 0)
		return (-1);
	seal_hash(out, &part, 1);
	OPENSSL_free(spki);
	return (0);
}

void
authority_pin(EVP_PKEY *key, char out[45])
{
	unsigned char digest[SEAL_HASH];

	out[0] = '\0';
	if (key_digest(key, digest) == 0)
		seal_base64(out, digest, sizeof(digest));
}

int
authority_unpin(const char *text, unsigned char digest[32])
{
	return (
	    seal_unbase64(digest, SEAL_HASH, text, strlen(text)) == SEAL_HASH
		? 0
		: -1);
}

/* ---- certificates ---- */

static int
extension_add(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *ext;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return (ok);
}

static int
serial_draw(X509 *cert)
{
	unsigned char bytes[SERIAL];
	BIGNUM *n;
	int ok;

	seal_random(bytes, sizeof(bytes));
	bytes[0] &= 0x7f;
	n = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = n != NULL &&
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return (ok);
}

/* What all certificates have; NULL: no memory. */
static X509 *
certificate_new(const char *subject, EVP_PKEY *key)
{
	X509 *cert = X509_new();
	X509_NAME *name;

	if (cert == NULL)
		return (NULL);
	name = X509_get_subject_name(cert);
	if (X509_set_version(cert, X509_VERSION_3) == 1 && serial_draw(cert) &&
	    ASN1_TIME_set_string(X509_getm_notBefore(cert), VALID_FROM) == 1 &&
	    ASN1_TIME_set_string(X509_getm_notAfter(cert), VALID_TO) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		(const unsigned char *)subject, -1, -1, 0) == 1 &&
	    X509_set_pubkey(cert, key) == 1)
		return (cert);
	X509_free(cert);
	return (NULL);
}

/* Signed by the authority, or NULL. */
static X509 *
certificate_seal(X509 *cert, EVP_PKEY *authority, int ok)
{
	if (ok && X509_sign(cert, authority, NULL) > 0)
		return (cert);
	X509_free(cert);
	return (NULL);
}

X509 *
authority_certificate(EVP_PKEY *authority)
{
	X509 *cert = certificate_new("evote authority", authority);
	int ok = cert != NULL &&
	    X509_set_issuer_name(cert, X509_get_subject_name(cert)) == 1 &&
	    extension_add(
		cert, cert, NID_basic_constraints, "critical,CA:TRUE") &&
	    extension_add(cert, cert, NID_key_usage, "critical,keyCertSign") &&
	    extension_add(cert, cert, NID_subject_key_identifier, "hash");

	return (certificate_seal(cert, authority, ok));
}

static int
name_push(GENERAL_NAMES *names, int type, const void *data, int len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text =
	    type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (name != NULL && text != NULL &&
	    ASN1_STRING_set(text, data, len) == 1) {
		GENERAL_NAME_set0_value(name, type, text);
		text = NULL;
		if (sk_GENERAL_NAME_push(names, name) > 0)
			return (1);
	}
	ASN1_STRING_free(text);
	GENERAL_NAME_free(name);
	return (0);
}

/* A host's name is what it is called in the list, even "10.0.0.1". */
static int
names_add(X509 *cert, const char *const *names, int n)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	unsigned char ip[16];
	int i, ok = list != NULL;

	for (i = 0; i < n && ok; i++) {
		ok = name_push(list, GEN_DNS, names[i], (int)strlen(names[i]));
		if (ok && inet_pton(AF_INET, names[i], ip) == 1)
			ok = name_push(list, GEN_IPADD, ip, 4);
		else if (ok && inet_pton(AF_INET6, names[i], ip) == 1)
			ok = name_push(list, GEN_IPADD, ip, 16);
	}
	ok = ok && X509_add1_ext_i2d(cert, NID_subject_alt_name, list, 0, 0);
	GENERAL_NAMES_free(list);
	return (ok);
}

X509 *
authority_leaf(
    EVP_PKEY *authority, EVP_PKEY *leaf, const char *const *names, int n)
{
	X509 *issuer = authority_certificate(authority);
	X509 *cert = certificate_new("evote host", leaf);
	int ok = issuer != NULL && cert != NULL &&
	    X509_set_issuer_name(cert, X509_get_subject_name(issuer)) == 1 &&
	    extension_add(
		cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	    extension_add(
		cert, issuer, NID_key_usage, "critical,digitalSignature") &&
	    extension_add(cert, issuer, NID_ext_key_usage, "serverAuth") &&
	    names_add(cert, names, n);

	X509_free(issuer);
	return (certificate_seal(cert, authority, ok));
}

/* ---- checking ---- */

static int
store_check(X509_STORE *store, X509_STORE_CTX *ctx, STACK_OF(X509) * chain,
    const char *name)
{
	X509 *top = sk_X509_value(chain, sk_X509_num(chain) - 1);
	X509_VERIFY_PARAM *param;

	if (X509_STORE_add_cert(store, top) != 1 ||
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(chain, 0), chain) !=
		1)
		return (X509_V_ERR_OUT_OF_MEM);
	param = X509_STORE_CTX_get0_param(ctx);
	if (X509_VERIFY_PARAM_set1_host(param, name, 0) != 1 ||
	    X509_STORE_CTX_set_default(ctx, "ssl_server") != 1)
		return (X509_V_ERR_OUT_OF_MEM);
	if (X509_verify_cert(ctx) == 1)
		return (X509_V_OK);
	return (X509_STORE_CTX_get_error(ctx));
}

int
authority_check(STACK_OF(X509) * chain, const char *name)
{
	X509_STORE *store;
	X509_STORE_CTX *ctx;
	int code = X509_V_ERR_OUT_OF_MEM;

	if (chain == NULL || sk_X509_num(chain) < 2)
		return (X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
	store = X509_STORE_new();
	ctx = X509_STORE_CTX_new();
	if (store != NULL && ctx != NULL)
		code = store_check(store, ctx, chain, name);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return (code);
}

void
authority_why(long code, const char *name, char *out, size_t len)
{
	switch (code) {
	case X509_V_ERR_DANE_NO_MATCH:
		snprintf(out, len,
		    "its certificate is of another service than the pin's");
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		snprintf(out, len,
		    "its certificate is not for a host named %.64s", name);
		break;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(out, len,
		    "its certificate is not valid at this time: check both "
		    "clocks; certificates of evote never expire");
		break;
	default:
		snprintf(out, len,
		    "its certificate is not one of an evote service (%s)",
		    X509_verify_cert_error_string(code));
	}
}
