#ifndef EVOTE_ETCD_TXN_H
#define EVOTE_ETCD_TXN_H

#include <stddef.h>
#include <stdint.h>

#include "evote.h"

/*
 * A register for the configuration under one key of etcd, as its JSON gateway
 * has it: what is asked of /v3/kv/txn and what comes back.  The value is the
 * configuration's XDR and a MAC under the cluster's key: etcd keeps it, but
 * cannot make one up.  Pure.
 */
#define ETCD_KEY_MAX   255
#define ETCD_REPLY_MAX 65536

enum etcd_outcome {
	ETCD_SWAPPED, /* the new configuration is in force there */
	ETCD_EMPTY,   /* there is nothing under the key */
	ETCD_HOLDS    /* the configuration, of that revision */
};

struct etcd_held {
	enum etcd_outcome what;
	int64_t revision; /* 0 when empty */
	evote_config k;	  /* zero unless it holds one; for config_clear */
};

/*
 * Bodies of a request, for free.  Reading is a transaction too: never
 * "serializable", so a member that lags does not answer by itself.  The swap
 * happens only if the key is still at that revision.
 */
char *etcd_txn_read(const char *key);
char *etcd_txn_swap(const unsigned char cluster_key[32], const char *key,
    int64_t revision, const evote_config *);

/* -1: no whole answer about that key; *held is written on success only. */
int etcd_txn_answer(const unsigned char cluster_key[32], const char *key,
    const char *text, size_t len, struct etcd_held *held);

#endif
