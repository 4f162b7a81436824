#ifndef EVOTE_CONF_H
#define EVOTE_CONF_H

#include "common/hosts.h"

/* Exit statuses; EXIT_DISK is in datadir.h. */
#define EXIT_TROUBLE 1 /* logged */
#define EXIT_USAGE   2

/*
 * What an operator sets, on the command line or in a file of lines
 * "option = value" with the same names; the command line wins.  Without any
 * option but those of OPTION_APART the file is /etc/evote/evote.conf.
 */
struct conf {
	enum {
		CONF_RUN,
		CONF_INIT,
		CONF_CHECK,
		CONF_EXPORT,
		CONF_IMPORT,
		CONF_AUDIT
	} command;
	char *file; /* export, import */
	char *config;
	char *data;
	char *origin;		   /* init */
	char *policy, *checkpoint; /* audit: files */
	int json;		   /* audit */
	char *name;
	char *cluster_key;
	char *admin_socket; /* default: DIR/admin.sock */
	struct hosts hosts;
	int self;    /* place of name in hosts */
	int witness; /* --role witness */
	int portmap;
	int failback;
	int tls_required;
	int refused_proof; /* a refused connection proves a death */
	int trust_clock;
	int verbose;
	unsigned suspect_ms;
	unsigned hang_ms;
	int version;
};

/*
 * 0, or the exit status to end with, after the reason (or the help asked for)
 * was printed.  Returns -1 for "go on".
 */
int conf_read(struct conf *, int argc, char **argv);
void conf_clear(struct conf *);

#endif
