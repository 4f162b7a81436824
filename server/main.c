#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "common/output.h"
#include "common/rpc/tls.h"
#include "server/audit.h"
#include "server/conf.h"
#include "server/preflight.h"
#include "server/server.h"
#include "server/store/copy.h"
#include "server/store/datadir.h"
#include "server/witness_daemon.h"

/* The public name of the key in a data directory; 0, or -1 with err. */
static int
pin_of(const char *data, char pin[TLS_PIN], char *err, size_t errlen)
{
	struct datadir dir;

	if (datadir_open(&dir, data, NULL, err, errlen) == -1)
		return (-1);
	tls_pin(dir.key, pin);
	datadir_close(&dir);
	return (0);
}

static int
init(const struct conf *conf)
{
	char err[1024], pin[TLS_PIN];

	if (datadir_init(conf->data, conf->origin, err, sizeof(err)) == -1 ||
	    pin_of(conf->data, pin, err, sizeof(err)) == -1) {
		fprintf(stderr, "evote_server: %s.\n", err);
		return (1);
	}
	printf("The new cluster is in %s.\n"
	       "Bring %s/cluster.key to the other host over a channel that you "
	       "trust, and\nkeep it secret: whoever has it can change the "
	       "election.\n"
	       "Give voters this line, which is no secret, in their hosts "
	       "file: with it their\nclients speak to this service alone.\n"
	       "  pin %s\n",
	    conf->data, conf->data, pin);
	return (0);
}

/* Nothing else tells whether an older version's copy and the key fit. */
static void
pin_ask(const char *data)
{
	char err[1024], pin[TLS_PIN];

	if (pin_of(data, pin, err, sizeof(err)) == -1)
		return;
	printf("This copy does not say to which cluster's key it belongs, as "
	       "those of older\nversions. With the key that you named the "
	       "pin is\n  %s\nIf the service had another one when the copy "
	       "was made, remove %s,\nand import it again with the key of "
	       "that time.\n",
	    pin, data);
}

static int
copy(const struct conf *conf, int export)
{
	uint64_t records;
	char err[1024];
	int marked = 1, rc;

	rc = export
	    ? copy_make(conf->data, conf->file, &records, err, sizeof(err))
	    : copy_restore(conf->file, conf->data, conf->cluster_key, &records,
		  &marked, err, sizeof(err));

	if (rc == -1) {
		fprintf(stderr, "evote_server: %s.\n", err);
		return (EXIT_TROUBLE);
	}
	if (export)
		printf("%llu records are in %s. It holds all ballots: keep it "
		       "as you keep the\ndata directory. The cluster's key is "
		       "not in it.\n",
		    (unsigned long long)records, conf->file);
	else
		printf("%llu records are in %s, as a host that is not in "
		       "sync: started there, it\njoins the others, and gets "
		       "what it lacks. If no other host is left, see\n"
		       "evote_client promote.\n",
		    (unsigned long long)records, conf->data);
	if (!marked)
		pin_ask(conf->data);
	return (0);
}

static int
host_run(const struct conf *conf)
{
	struct server server;
	int rc = server_open(&server, conf);

	if (rc == 0)
		rc = server_run(&server);
	server_close(&server);
	return (rc);
}

int
main(int argc, char **argv)
{
	struct conf conf;
	int rc = conf_read(&conf, argc, argv);

	/* Ballots are in the ledger: whatever is made here is its owner's. */
	umask(077);
	if (rc == -1 && conf.command == CONF_INIT) {
		log_open("init", LOG_L_INFO);
		rc = init(&conf);
	} else if (rc == -1 && conf.command == CONF_CHECK) {
		rc = preflight_run(&conf);
	} else if (rc == -1 &&
	    (conf.command == CONF_EXPORT || conf.command == CONF_IMPORT)) {
		log_open("copy", LOG_L_INFO);
		rc = copy(&conf, conf.command == CONF_EXPORT);
	} else if (rc == -1 && conf.command == CONF_AUDIT) {
		log_open("audit", LOG_L_INFO);
		rc = audit_run(&conf);
	} else if (rc == -1) {
		log_open(conf.name, conf.verbose ? LOG_L_DEBUG : LOG_L_INFO);
		rc = conf.witness ? witness_daemon_run(&conf) : host_run(&conf);
	}
	conf_clear(&conf);
	return (output_end("evote_server: ", rc));
}
