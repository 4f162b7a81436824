#include <assert.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/need.h"
#include "common/number.h"
#include "common/record.h"
#include "common/seal.h"
#include "replica/arbiter/etcd_txn.h"
#include "replica/core/config.h"

#define VALUE_MAX     8192 /* bytes of the configuration and its MAC */
#define BASE64_MAX(n) (4 * (((n) + 2) / 3) + 1)
#define DOMAIN	      "evote etcd 1"

static void
add_base64(cJSON *to, const char *name, const void *data, size_t len)
{
	char text[BASE64_MAX(VALUE_MAX)];

	assert(len <= VALUE_MAX);
	seal_base64(text, data, len);
	need(cJSON_AddStringToObject(to, name, text));
}

/* One operation of the list: its kind, and the key it is about. */
static cJSON *
add_op(cJSON *txn, const char *list, const char *kind, const char *key)
{
	cJSON *ops = need(cJSON_AddArrayToObject(txn, list));
	cJSON *op = need(cJSON_CreateObject());
	cJSON *body = need(cJSON_AddObjectToObject(op, kind));

	cJSON_AddItemToArray(ops, op);
	add_base64(body, "key", key, strlen(key));
	return (body);
}

static char *
finish(cJSON *txn)
{
	char *text = need(cJSON_PrintUnformatted(txn));

	cJSON_Delete(txn);
	return (text);
}

char *
etcd_txn_read(const char *key)
{
	cJSON *txn = need(cJSON_CreateObject());

	add_op(txn, "success", "request_range", key);
	return (finish(txn));
}

static void
value_mac(unsigned char out[SEAL_HASH], const unsigned char cluster_key[32],
    const void *k, size_t len)
{
	const struct seal_part parts[] = {{DOMAIN, sizeof(DOMAIN)}, {k, len}};

	seal_mac(out, cluster_key, 32, parts, 2);
}

static void
add_value(
    cJSON *put, const unsigned char cluster_key[32], const evote_config *k)
{
	unsigned char value[VALUE_MAX], *xdr;
	long len = xdr_to_bytes((xdrproc_t)xdr_evote_config, k, &xdr);

	assert(len >= 0 && (size_t)len + SEAL_HASH <= sizeof(value));
	memcpy(value, xdr, (size_t)len);
	free(xdr);
	value_mac(value + len, cluster_key, value, (size_t)len);
	add_base64(put, "value", value, (size_t)len + SEAL_HASH);
}

char *
etcd_txn_swap(const unsigned char cluster_key[32], const char *key,
    int64_t revision, const evote_config *k)
{
	cJSON *txn = need(cJSON_CreateObject());
	cJSON *compare = need(cJSON_AddArrayToObject(txn, "compare"));
	cJSON *same = need(cJSON_CreateObject());
	char number[24];

	cJSON_AddItemToArray(compare, same);
	add_base64(same, "key", key, strlen(key));
	need(cJSON_AddStringToObject(same, "target", "MOD"));
	need(cJSON_AddStringToObject(same, "result", "EQUAL"));
	snprintf(number, sizeof(number), "%" PRId64, revision);
	need(cJSON_AddStringToObject(same, "mod_revision", number));
	add_value(add_op(txn, "success", "request_put", key), cluster_key, k);
	add_op(txn, "failure", "request_range", key);
	return (finish(txn));
}

/* ---- the answer ---- */

static int
read_base64(const cJSON *of, const char *name, void *out, size_t max)
{
	const char *text =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(of, name));

	return (
	    text == NULL ? -1 : seal_unbase64(out, max, text, strlen(text)));
}

/* The gateway writes 64 bits as a string; a revision is above 0. */
static int
read_revision(const cJSON *kv, int64_t *out)
{
	const char *text = cJSON_GetStringValue(
	    cJSON_GetObjectItemCaseSensitive(kv, "mod_revision"));
	uint64_t n;

	if (text == NULL || number_read(text, 1, INT64_MAX - 1, &n) == -1)
		return (-1);
	*out = (int64_t)n;
	return (0);
}

static int
read_k(const cJSON *kv, const unsigned char cluster_key[32], evote_config *k)
{
	unsigned char value[VALUE_MAX], mac[SEAL_HASH];
	int len = read_base64(kv, "value", value, sizeof(value));

	if (len < SEAL_HASH)
		return (-1);
	len -= SEAL_HASH;
	value_mac(mac, cluster_key, value, (size_t)len);
	if (!seal_equal(mac, value + len, SEAL_HASH))
		return (-1);
	if (xdr_from_bytes(
		(xdrproc_t)xdr_evote_config, k, value, (size_t)len) == -1)
		return (-1);
	if (config_known(k))
		return (0);
	config_clear(k);
	return (-1);
}

static int
read_kv(const cJSON *kv, const unsigned char cluster_key[32], const char *key,
    struct etcd_held *held)
{
	struct etcd_held h = {.what = ETCD_HOLDS};
	char found[ETCD_KEY_MAX];
	int len = read_base64(kv, "key", found, sizeof(found));

	if (len < 0 || (size_t)len != strlen(key) ||
	    memcmp(found, key, (size_t)len) != 0 ||
	    read_revision(kv, &h.revision) == -1 ||
	    read_k(kv, cluster_key, &h.k) == -1)
		return (-1);
	*held = h;
	return (0);
}

static int
read_range(const cJSON *range, const unsigned char cluster_key[32],
    const char *key, struct etcd_held *held)
{
	const cJSON *kvs = cJSON_GetObjectItemCaseSensitive(range, "kvs");

	if (!cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(range, "header")))
		return (-1);
	if (kvs == NULL) {
		*held = (struct etcd_held){.what = ETCD_EMPTY};
		return (0);
	}
	if (!cJSON_IsArray(kvs) || cJSON_GetArraySize(kvs) != 1)
		return (-1);
	return (read_kv(cJSON_GetArrayItem(kvs, 0), cluster_key, key, held));
}

int
etcd_txn_answer(const unsigned char cluster_key[32], const char *key,
    const char *text, size_t len, struct etcd_held *held)
{
	cJSON *root = cJSON_ParseWithLength(text, len);
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(root, "responses");
	const cJSON *one = cJSON_GetArrayItem(all, 0);
	const cJSON *range =
	    cJSON_GetObjectItemCaseSensitive(one, "response_range");
	const cJSON *put =
	    cJSON_GetObjectItemCaseSensitive(one, "response_put");
	int rc = -1;

	if (!cJSON_IsArray(all) || cJSON_GetArraySize(all) != 1)
		goto out;
	if (cJSON_IsObject(range))
		rc = read_range(range, cluster_key, key, held);
	else if (cJSON_IsObject(put) &&
	    cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "succeeded"))) {
		*held = (struct etcd_held){.what = ETCD_SWAPPED};
		rc = 0;
	}
out:
	cJSON_Delete(root);
	return (rc);
}
