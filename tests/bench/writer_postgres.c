/*
 * One insert after the other, by libpq.  WHERE is a connection string; with
 * several hosts and target_session_attrs=read-write, libpq finds the primary.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

#define THERE_ALREADY "23505" /* unique_violation */

struct peer {
	const char *where;
	PGconn *conn;
};

struct peer *
peer_open(const char *where)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		perror("writer");
	else
		p->where = where;
	return (p);
}

/* What was stored before its answer was lost is refused as a double. */
static int
stored(PGresult *res)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);

	return (PQresultStatus(res) == PGRES_COMMAND_OK ||
	    (state != NULL && strcmp(state, THERE_ALREADY) == 0));
}

int
peer_write(struct peer *p, unsigned n)
{
	char sql[200];
	PGresult *res;
	int good;

	if (p->conn == NULL)
		p->conn = PQconnectdb(p->where);
	snprintf(sql, sizeof(sql),
	    "INSERT INTO votes VALUES (2, %u, -%u, repeat('v', 120))", n, n);
	res = PQexec(p->conn, sql);
	good = stored(res);
	PQclear(res);
	if (!good) {
		PQfinish(p->conn);
		p->conn = NULL;
	}
	return (good ? 0 : -1);
}
