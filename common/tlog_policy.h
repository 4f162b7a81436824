#ifndef EVOTE_TLOG_POLICY_H
#define EVOTE_TLOG_POLICY_H

#include "common/note.h"

/*
 * Whose signatures make a checkpoint good: c2sp.org/tlog-policy.  Logs, of
 * which one must have signed; witnesses, here the hosts; groups of them; and
 * the quorum, one of these.  Pure.
 */
#define TLOG_POLICY_LOGS  32
#define TLOG_POLICY_NODES 64 /* witnesses and groups */
#define TLOG_POLICY_SIZE  262144

struct tlog_node {
	char name[NOTE_NAME];
	int parent;	     /* the group that it is a member of; -1: none */
	int n, least;	     /* of a group: its members, how many must sign */
	struct note_key key; /* of a witness, whose n is 0 */
};
struct tlog_policy {
	int n_logs, n_nodes;
	int quorum; /* a node; -1: no witness has to sign */
	struct note_key logs[TLOG_POLICY_LOGS];
	struct tlog_node nodes[TLOG_POLICY_NODES];
};

/* NULL: what is wrong is in err, "line 3: ...". */
struct tlog_policy *tlog_policy_read(
    const char *text, size_t len, char *err, size_t errlen);
void tlog_policy_free(struct tlog_policy *); /* NULL is fine */

/* A policy of one log and its hosts, all of which have to sign. */
struct tlog_policy *tlog_policy_new(const struct note_key *log);
/* 0, or -1: there are too many. */
int tlog_policy_add(
    struct tlog_policy *, const char *name, const struct note_key *);
/*
 * The text of such a policy, to be freed, with a comment of one or more lines,
 * each of which begins with "#".
 */
char *tlog_policy_write(const struct tlog_policy *, const char *comment);

enum tlog_judgement {
	TLOG_GOOD,
	TLOG_STRANGE,  /* the log's name is none of the policy's */
	TLOG_UNSIGNED, /* the log has not signed */
	TLOG_FORGED,   /* a signature is not what it says */
	TLOG_SHORT     /* too few witnesses have signed */
};
struct tlog_verdict {
	enum tlog_judgement judgement;
	int log_signed;	    /* the log has, whoever else has not */
	const char *forged; /* whose, with TLOG_FORGED */
	uint64_t signed_by; /* witnesses, a bit for each node */
	uint64_t latest_s;  /* the latest time in these signatures, or 0 */
};
/* Unknown signatures count for nothing. */
void tlog_policy_judge(
    const struct tlog_policy *, const struct note *, struct tlog_verdict *);

#endif
