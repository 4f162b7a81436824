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

static int
init(const struct conf *conf)
{
	char err[1024], pin[TLS_PIN];
	struct datadir dir;

	if (datadir_init(conf->data, conf->origin, err, sizeof(err)) == -1 ||
	    datadir_open(&dir, conf->data, NULL, err, sizeof(err)) == -1) {
		fprintf(stderr, "evote_server: %s.\n", err);
		return (1);
	}
	tls_pin(dir.key, pin);
	datadir_close(&dir);
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

static int
copy(const struct conf *conf, int export)
{
	uint64_t records;
	char err[1024];
	int rc = export
	    ? copy_make(conf->data, conf->file, &records, err, sizeof(err))
	    : copy_restore(conf->file, conf->data, conf->cluster_key, &records,
		  err, sizeof(err));

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
