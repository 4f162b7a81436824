/*
 * An audit of a ledger that holds, and of one for each way in which it can be
 * damaged or forged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "client/lib/reason.h"
#include "common/ballot.h"
#include "common/need.h"
#include "common/receipt.h"
#include "common/merkle.h"
#include "common/tlog_policy.h"
#include "common/seal.h"
#include "scratch.h"
#include "server/audit.h"
#include "server/audit/page_impl.h"
#include "server/auth.h"
#include "server/conf.h"
#include "server/election/election.h"
#include "server/store/datadir.h"
#include "server/store/ledger.h"

#define SECOND 1000000ULL

static char *choices[] = {"yes", "no"};
static char *groups[] = {"members"};
static char *names[] = {"ada", "ben", "cleo"};

/* A service with a ledger of one of each kind of record. */
struct service {
	char dir[128], data[160], db[200], page[160];
	struct election_state *election;
	struct ledger *ledger;
	uint64_t time, epoch;
};

/* ---- filling it ---- */

static int
begin(void *arg, struct record *r)
{
	struct service *s = arg;
	char err[200];

	assert_int_equal(election_replay(s->election, r, err, sizeof(err)), 0);
	s->time = r->time;
	record_drop(r);
	return (0);
}

static void
execute(struct service *s, const struct op *op, int code)
{
	struct entry_header at = {
	    election_size(s->election), s->epoch, s->time += SECOND};
	struct outcome out;
	struct record *r = election_execute(s->election, op, &at, &out);

	assert_int_equal(out.code, code);
	assert_non_null(r);
	assert_int_equal(ledger_append(s->ledger, &r, 1, at.seq + 1), 0);
	record_drop(r);
}

static struct seal_key *
key_of(const char *name)
{
	unsigned char seed[SEAL_KEY] = {0};

	snprintf((char *)seed, sizeof(seed), "%s", name);
	return (seal_key_seed(seed));
}

static void
sign(struct service *s, struct op *op, unsigned char to[SEAL_SIG])
{
	const evote_genesis *genesis = election_genesis(s->election);
	evote_statement statement = {.domain = "evote statement 1",
	    .origin = genesis->origin,
	    .asker = op->asker,
	    .act = op->act};
	struct seal_key *key = key_of(op->asker.voter);
	unsigned char *bytes;
	long len;

	memcpy(statement.cluster, genesis->cluster, sizeof(statement.cluster));
	len = xdr_to_bytes((xdrproc_t)xdr_evote_statement, &statement, &bytes);
	assert_true(len > 0);
	seal_key_sign(key, to, bytes, (size_t)len);
	op->signature.evote_signature_len = SEAL_SIG;
	op->signature.evote_signature_val = (char *)to;
	free(bytes);
	seal_key_free(key);
}

static void
enrol_all(struct service *s)
{
	evote_voter list[3];
	struct op op = {.kind = EVOTE_OP_REGISTER, .voters = list, .n = 3};
	struct seal_key *key;

	for (int i = 0; i < 3; i++) {
		list[i] = (evote_voter){.name = names[i], .group = groups[0]};
		key = key_of(names[i]);
		seal_key_public(key, (unsigned char *)list[i].key);
		seal_key_free(key);
	}
	execute(s, &op, 0);
}

static void
create(struct service *s, char *name, uint64_t end)
{
	unsigned char signature[SEAL_SIG];
	struct op op = {.kind = EVOTE_OP_CREATE,
	    .asker = {.voter = names[0], .number = s->time},
	    .act = {.kind = EVOTE_ACT_CREATE,
		.evote_act_u.election = {.name = name,
		    .groups = {1, groups},
		    .choices = {2, choices},
		    .end = end}}};

	sign(s, &op, signature);
	execute(s, &op, 0);
}

static void
vote(struct service *s, char *name, char *voter, char *choice, int by_key,
    int code)
{
	unsigned char signature[SEAL_SIG];
	struct op op = {.kind = EVOTE_OP_VOTE,
	    .asker = {.voter = voter, .number = s->time},
	    .act = {.kind = EVOTE_ACT_VOTE,
		.evote_act_u.ballot = {.election = name}},
	    .opening.vote = {.domain = "evote opening 1",
		.election = name,
		.choice = choice}};

	op.opening.vote.salt[0] = voter[0];
	auth_commitment((unsigned char *)op.opening.vote.salt, name, choice,
	    (unsigned char *)op.act.evote_act_u.ballot.commitment);
	if (by_key)
		sign(s, &op, signature);
	execute(s, &op, code);
}

static void
serve(struct service *s, char *host, uint64_t epoch)
{
	struct op op = {.kind = EVOTE_OP_EPOCH, .epoch = {.name = host}};

	s->epoch = epoch;
	execute(s, &op, 0);
}

enum {
	GENESIS,
	ALPHA,
	ROLL,
	CREATE,
	ADA,
	BEN,
	REFUSED,
	BETA,
	CLEO,
	CLOSE,
	END
};

static void
fill(struct service *s)
{
	struct op op = {.kind = EVOTE_OP_CLOSE, .name = "board"};
	uint64_t end;

	serve(s, "alpha", 1);
	enrol_all(s);
	end = s->time + 8 * SECOND;
	create(s, "board", end);
	vote(s, "board", "ada", "yes", 1, 0);
	vote(s, "board", "ben", "no", 0, 0);
	vote(s, "board", "ada", "no", 1, 4);
	serve(s, "beta", 17);
	vote(s, "board", "cleo", "yes", 1, 0);
	s->time = end;
	execute(s, &op, 0);
}

static int
setup(void **state)
{
	struct service *s = need_zeroed(1, sizeof(*s));
	uint64_t accepted;
	char err[256];

	if (scratch_make(s->dir, sizeof(s->dir)) == NULL)
		return (-1);
	snprintf(s->data, sizeof(s->data), "%s/data", s->dir);
	snprintf(s->page, sizeof(s->page), "%s/page", s->dir);
	snprintf(s->db, sizeof(s->db), "%s/ledger.db", s->data);
	if (datadir_init(s->data, "vote.example.org", err, sizeof(err)) == -1)
		return (-1);
	s->election = election_new();
	s->ledger = ledger_open(s->db, 0);
	if (s->ledger == NULL ||
	    ledger_read_all(s->ledger, &accepted, begin, s) == -1)
		return (-1);
	fill(s);
	*state = s;
	return (0);
}

static void
stop(struct service *s)
{
	ledger_close(s->ledger);
	s->ledger = NULL;
}

static int
teardown(void **state)
{
	struct service *s = *state;

	stop(s);
	election_free(s->election);
	scratch_remove(s->dir);
	free(s);
	return (0);
}

/* ---- auditing it ---- */

/* In one line, with single blanks. */
static void
flatten(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; p++)
		if (strchr(" \n", *p) == NULL)
			*to++ = *p;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

/* The page that is printed; the exit status has to be this one. */
static const char *
audit_with(struct service *s, struct conf *conf, int status)
{
	static char text[16384];
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), got;
	FILE *f;

	conf->command = CONF_AUDIT;
	if (conf->data == NULL)
		conf->data = s->data;
	fflush(stdout);
	f = freopen(s->page, "w", stdout);
	assert_non_null(f);
	dup2(STDOUT_FILENO, STDERR_FILENO);
	got = audit_run(conf);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	f = fopen(s->page, "r");
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	flatten(text);
	if (got != status)
		print_error("%s", text);
	assert_int_equal(got, status);
	return (text);
}

static void
says(const char *page, const char *what)
{
	if (strstr(page, what) == NULL)
		print_error("no \"%s\" in:\n%s", what, page);
	assert_non_null(strstr(page, what));
}

/* It is found, and the page says that the ledger does not hold. */
static const char *
finds(struct service *s, const char *what)
{
	struct conf conf = {0};
	const char *page = audit_with(s, &conf, 1);

	says(page, what);
	says(page, "This ledger does NOT hold.");
	says(page, "What to do");
	return (page);
}

static const char *
holds(struct service *s)
{
	struct conf conf = {0};
	const char *page = audit_with(s, &conf, 0);

	says(page, "All holds");
	return (page);
}

/* ---- damage ---- */

/* As somebody would who can write to the disk. */
static void
sql(struct service *s, const char *fmt, ...)
{
	char text[400];
	sqlite3 *db;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert_int_equal(sqlite3_open(s->db, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Puts that record into its place, with its hash. */
static void
put(struct service *s, const struct record *r)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(s->db, &db), SQLITE_OK);
	sqlite3_prepare_v2(db,
	    "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", -1, &stmt,
	    NULL);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)r->seq);
	sqlite3_bind_blob(
	    stmt, 2, record_leaf(r), (int)r->leaf_len, SQLITE_STATIC);
	if (r->opening_len > 0)
		sqlite3_bind_blob(stmt, 3, record_opening(r),
		    (int)r->opening_len, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 4, r->hash, sizeof(r->hash), SQLITE_STATIC);
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

/* The record of that number, opened; to be made again and put back. */
static void
get(struct service *s, uint64_t seq, evote_leaf *leaf, union opening *opening)
{
	struct ledger *l = ledger_open(s->db, 0);
	struct record *r;

	assert_int_equal(ledger_read(l, seq, 1, 1 << 20, &r), 1);
	assert_int_equal(record_open(r, leaf, opening), 0);
	record_drop(r);
	ledger_close(l);
}

static void
forge(struct service *s, evote_leaf *leaf, union opening *opening)
{
	struct record *r =
	    record_make(leaf, opening->vote.domain == NULL ? NULL : opening);

	assert_non_null(r);
	put(s, r);
	record_drop(r);
	record_clear(leaf, opening);
}

static void
test_holds(void **state)
{
	struct service *s = *state;
	const char *page;

	stop(s);
	page = holds(s);
	says(page, "Service vote.example.org");
	says(page, "Records 10,");
	says(page, "Signatures 3 verified");
	says(page, "Election \"board\"");
	says(page,
	    "votes received 3, valid 3, counted 3; signed 2, by log-in 1");
	says(page, "who may vote is as on the roll until the close");
	says(page, "eligible 3, as at the close");
	says(page, "previous vote had been cast");
	says(page, "Requests refused and recorded: 1");
	says(page, "alpha, after 1.0 s");
	says(page, "beta, after 1.0 s");
}

static void
test_json(void **state)
{
	struct service *s = *state;
	struct conf conf = {.json = 1};
	const char *page;

	stop(s);
	page = audit_with(s, &conf, 0);
	says(page, "{\"ok\":true,");
	says(page, "\"size\":10,");
	says(page, "\"choice\":\"yes\",\"votes\":2}");
	says(page, "\"refused\":{\"voted\":1}");
	sql(s, "DELETE FROM record WHERE seq = %d", BEN);
	page = audit_with(s, &conf, 1);
	says(page, "{\"ok\":false,");
	says(page, "{\"seq\":5,\"text\":\"Record 5 is missing.\"");
}

/* Programs are told the same names by an audit and by a client. */
static void
test_refusals(void **state)
{
	(void)state;
#define REFUSAL(code, reason, told, words)                            \
	assert_string_equal(page_reason(EVOTE_R_##reason, 1), told);  \
	assert_string_equal(reason_of(EVOTE_R_##reason)->name, told); \
	assert_string_equal(page_reason(EVOTE_R_##reason, 0), words);
#include "common/refusals.def"
#undef REFUSAL
}

/* Of an ongoing election the page tells no counts. */
static void
test_secret(void **state)
{
	struct service *s = *state;
	const char *page;

	create(s, "ongoing", s->time + 1000 * SECOND);
	vote(s, "ongoing", "ada", "no", 1, 0);
	stop(s);
	page = strstr(holds(s), "Election \"ongoing\"");
	assert_non_null(page);
	says(page, "votes received 1, valid 1, counted 1");
	assert_null(strstr(page, " yes 0 "));
	assert_null(strstr(page, " no 1 "));
}

/* Nothing is written, nothing new is there, and a bare copy will do. */
static void
test_read_only(void **state)
{
	struct service *s = *state;
	char command[1200], copy[160];
	struct conf conf = {.data = copy};

	snprintf(copy, sizeof(copy), "%s/a copy?#%%", s->dir);
	/* With a WAL, as a killed process leaves it; the ledger is open. */
	snprintf(command, sizeof(command),
	    "mkdir '%s' && cp %s/ledger.db* '%s/' && test -s "
	    "'%s/ledger.db-wal' &&"
	    "cd '%s' && md5sum * >../before",
	    copy, s->data, copy, copy, copy);
	assert_int_equal(system(command), 0);
	says(audit_with(s, &conf, 0), "Records 10,");
	snprintf(command, sizeof(command),
	    "cd '%s' && md5sum * | cmp - ../before", copy);
	assert_int_equal(system(command), 0);
	/* And without one. */
	stop(s);
	snprintf(command, sizeof(command),
	    "cd '%s' && rm * && cp %s/ledger.db . && md5sum * >../before", copy,
	    s->data);
	assert_int_equal(system(command), 0);
	says(audit_with(s, &conf, 0), "Records 10,");
	snprintf(command, sizeof(command),
	    "cd '%s' && md5sum * | cmp - ../before", copy);
	assert_int_equal(system(command), 0);
}

static void
test_in_use(void **state)
{
	struct service *s = *state;
	struct conf conf = {0};
	char file[200];
	int fd;

	stop(s);
	snprintf(file, sizeof(file), "%s/lock", s->data);
	fd = open(file, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	says(audit_with(s, &conf, 1), "is in use by process");
	close(fd);
	unlink(s->db);
	says(audit_with(s, &conf, 1), "cannot read");
}

static void
test_leaf(void **state)
{
	struct service *s = *state;

	stop(s);
	/* A byte of a voter's name. */
	sql(s,
	    "UPDATE record SET leaf = CAST(replace(CAST(leaf AS TEXT), "
	    "'ben', 'bem') AS BLOB) WHERE seq = %d AND 0; "
	    "UPDATE record SET hash = zeroblob(32) WHERE seq = %d",
	    BEN, BEN);
	finds(
	    s, "Record 5: it does not have the hash that it was stored with.");
	sql(s, "UPDATE record SET leaf = substr(leaf, 1, 40) WHERE seq = %d",
	    BEN);
	finds(s, "Record 5: it is unreadable");
}

static void
test_opening(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;

	stop(s);
	get(s, ADA, &leaf, &opening);
	opening.vote.salt[7] ^= 1;
	forge(s, &leaf, &opening);
	says(finds(
		 s, "Record 4: its private part does not open its commitment."),
	    "valid 2");
	sql(s, "UPDATE record SET opening = NULL WHERE seq = %d", ADA);
	finds(s, "Record 4: its private part does not open its commitment.");
}

/* The choice is another, and so is the commitment: only ada can sign that. */
static void
test_signature(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;
	const char *page;

	stop(s);
	get(s, ADA, &leaf, &opening);
	strcpy(opening.vote.choice, "no");
	auth_commitment((unsigned char *)opening.vote.salt, "board", "no",
	    (unsigned char *)leaf.op.evote_op_u.vote.ballot.commitment);
	forge(s, &leaf, &opening);
	page = finds(s, "Record 4: its signature is not that of its voter");
	says(page, "valid 2");
	assert_null(strstr(page, "Findings: 2"));
}

static void
test_order(void **state)
{
	struct service *s = *state;

	stop(s);
	sql(s,
	    "UPDATE record SET seq = 1000 WHERE seq = %d;"
	    "UPDATE record SET seq = %d WHERE seq = %d;"
	    "UPDATE record SET seq = %d WHERE seq = 1000",
	    ADA, ADA, BEN, BEN);
	finds(s, "Record 5 stands in the place of record 4.");
	finds(s, "Record 4 stands in the place of record 5.");
	sql(s, "DELETE FROM record WHERE seq IN (%d, %d)", ADA, BEN);
	finds(s, "Records 4 to 5 are missing.");
}

static void
test_time(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;

	stop(s);
	get(s, BEN, &leaf, &opening);
	leaf.time -= 2 * SECOND;
	forge(s, &leaf, &opening);
	finds(s, "Record 5: its time is not after that of the record before.");
	get(s, BEN, &leaf, &opening);
	leaf.time += 2 * SECOND;
	leaf.epoch = 0;
	forge(s, &leaf, &opening);
	finds(s, "Record 5: its epoch is older");
}

/* Behind the last record, as by somebody who has the disk. */
static void
forge_vote(struct service *s, const char *voter, uint64_t seq, uint64_t time)
{
	evote_leaf leaf;
	union opening opening;

	get(s, BEN, &leaf, &opening);
	leaf.seq = seq;
	leaf.epoch = 17;
	leaf.time = time;
	leaf.op.evote_op_u.vote.asker.number = time;
	free(leaf.op.evote_op_u.vote.asker.voter);
	leaf.op.evote_op_u.vote.asker.voter = need_copy(voter);
	forge(s, &leaf, &opening);
}

static void
test_votes(void **state)
{
	struct service *s = *state;

	stop(s);
	forge_vote(s, "ben", END, s->time + 1);
	finds(s, "Record 10: it votes in an election that is over.");
	forge_vote(s, "ada", CLEO, s->time - 2 * SECOND);
	finds(s, "Record 8: its voter had voted in that election before.");
	forge_vote(s, "zoe", CLEO, s->time - 2 * SECOND);
	says(finds(s, "Record 8: its voter is not on the roll."),
	    "After record 8 nothing could be carried out again");
}

static void
test_refusal(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;

	stop(s);
	/* A reason that these rules do not give with that code. */
	get(s, REFUSED, &leaf, &opening);
	leaf.reason = EVOTE_R_GROUP;
	forge(s, &leaf, &opening);
	finds(s, "Record 6: carried out again, it does not give the answer");
}

static void
test_close(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;

	stop(s);
	get(s, CLOSE, &leaf, &opening);
	leaf.time -= 2 * SECOND;
	forge(s, &leaf, &opening);
	finds(s, "Record 9: it closes an election before its end.");
}

static void
test_end(void **state)
{
	struct service *s = *state;
	struct conf conf = {0};

	assert_int_equal(ledger_append(s->ledger, NULL, 0, END), 0);
	stop(s);
	sql(s, "DELETE FROM record WHERE seq >= %d", CLEO);
	finds(s, "10 records were accepted, and only 8 are there.");
	for (int at = 0; at < 4096; at += 64)
		assert_int_equal(scratch_flip(s->db, 4096 + at, 0xff), 0);
	says(audit_with(s, &conf, 1),
	    "malformed; audit another host's directory");
}

/* The ledger of another service in this one's directory. */
static void
test_other(void **state)
{
	struct service *s = *state;
	char other[160], from[200], err[200];

	stop(s);
	snprintf(other, sizeof(other), "%s/other", s->dir);
	snprintf(from, sizeof(from), "%s/ledger.db", other);
	assert_int_equal(datadir_init(other, NULL, err, sizeof(err)), 0);
	assert_int_equal(rename(from, s->db), 0);
	says(finds(s, "The configuration is of another cluster"),
	    "The first 1 records are not those");
	/* Also where nothing tells that this host was in sync. */
	snprintf(from, sizeof(from), "%s/incarnation", s->data);
	assert_int_equal(unlink(from), 0);
	finds(s, "The configuration is of another cluster");
}

/* ---- elections of ballots ---- */

static char *parties[] = {"north", "east", "south"};

enum { HOST_KEY = END, OPEN, FIRST, SECOND_ONE, BLANK, REFUSED_ONE, OVER };

static void
open_chair(struct service *s, uint64_t end)
{
	unsigned char signature[SEAL_SIG];
	evote_option options[] = {
	    {EVOTE_OPTION_RANKED, 1}, {EVOTE_OPTION_NONE_CHOICE, 3}};
	struct op host = {.kind = EVOTE_OP_HOST,
	    .host = {.name = "alpha", .incarnation = "a", .key = "a"}};
	struct op op = {.kind = EVOTE_OP_OPEN,
	    .asker = {.voter = names[0], .number = s->time},
	    .act = {.kind = EVOTE_ACT_OPEN,
		.evote_act_u.terms = {.election = {.name = "chair",
					  .groups = {1, groups},
					  .choices = {3, parties},
					  .end = end},
		    .options = {2, options}}}};

	execute(s, &host, 0);
	sign(s, &op, signature);
	execute(s, &op, 0);
}

static void
cast(struct service *s, char *voter, const char *digits, int by_key, int code)
{
	unsigned char signature[SEAL_SIG];
	evote_election shown = {.choices = {3, parties}};
	struct op op = {.kind = EVOTE_OP_BALLOT,
	    .asker = {.voter = voter, .number = s->time},
	    .act = {.kind = EVOTE_ACT_BALLOT,
		.evote_act_u.ballot = {.election = "chair"}},
	    .opening.ballot = {
		.domain = "evote opening 2", .election = "chair"}};
	evote_opening2 *o = &op.opening.ballot;
	char ranks[3];

	for (int i = 0; i < 3; i++)
		ranks[i] = (char)(digits[i] - '0');
	o->ranks = (evote_ranks){3, ranks};
	o->salt[0] = voter[0];
	assert_int_equal(ballot_choices(&shown, o->choices), 0);
	auth_commitment2(
	    o, (unsigned char *)op.act.evote_act_u.ballot.commitment);
	if (by_key)
		sign(s, &op, signature);
	execute(s, &op, code);
}

static void
fill_chair(struct service *s)
{
	struct op op = {.kind = EVOTE_OP_CLOSE, .name = "chair"};
	uint64_t end = s->time + 20 * SECOND;

	open_chair(s, end);
	cast(s, "ada", "213", 1, 0);
	cast(s, "ben", "110", 0, 0);
	cast(s, "cleo", "000", 0, 0);
	cast(s, "ada", "321", 1, 4);
	s->time = end;
	execute(s, &op, 0);
	stop(s);
}

static void
test_ballots_hold(void **state)
{
	struct service *s = *state;
	struct conf conf = {.json = 1};
	const char *page;

	fill_chair(s);
	page = strstr(holds(s), "Election \"chair\"");
	assert_non_null(page);
	says(page,
	    "votes received 3, valid 3, counted 3; signed 1, by log-in 2");
	says(page, " north 1 east 2 south 0 of these ballots 1 are blank");
	says(page, "default option) north 2 east 1 south 3");
	page = audit_with(s, &conf, 0);
	says(page, "\"pairs\":[[0,0,2],[1,0,2],[0,0,0]]");
}

/* What became of a ballot that somebody with the disk has changed. */
static void
forge_ballot(struct service *s, uint64_t seq, int part, int to)
{
	evote_leaf leaf;
	union opening opening;

	get(s, seq, &leaf, &opening);
	if (part < 3)
		opening.ballot.ranks.evote_ranks_val[part] = (char)to;
	else
		opening.ballot.choices[0] ^= (char)to;
	auth_commitment2(&opening.ballot,
	    (unsigned char *)leaf.op.evote_op_u.vote.ballot.commitment);
	forge(s, &leaf, &opening);
}

static void
test_ballots(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;
	const char *page;

	fill_chair(s);
	forge_ballot(s, SECOND_ONE, 0, 3);
	page = finds(s, "Record 13: its ballot is not one that the election");
	says(page, "votes received 3, valid 2, counted 2;");
	forge_ballot(s, SECOND_ONE, 0, 1);
	holds(s);
	/* Of a list that was turned round; by log-in, so nobody signed. */
	forge_ballot(s, SECOND_ONE, 3, 1);
	page = finds(s, "Record 13: its voter was shown other choices than");
	says(page, "votes received 3, valid 2, counted 2;");
	forge_ballot(s, SECOND_ONE, 3, 1);
	/* Of one who signed it, that shows, too. */
	forge_ballot(s, FIRST, 0, 1);
	says(finds(s, "Record 12: its signature is not that of its voter"),
	    "Record 12: its ballot is not one that the election takes");
	forge_ballot(s, FIRST, 0, 2);
	get(s, BLANK, &leaf, &opening);
	opening.ballot.ranks.evote_ranks_val[0] = 1;
	forge(s, &leaf, &opening);
	finds(s, "Record 14: its private part does not open its commitment.");
}

static void
test_ballot_twice(void **state)
{
	struct service *s = *state;
	evote_leaf leaf;
	union opening opening;

	fill_chair(s);
	get(s, BLANK, &leaf, &opening);
	free(leaf.op.evote_op_u.vote.asker.voter);
	leaf.op.evote_op_u.vote.asker.voter = need_copy("ben");
	forge(s, &leaf, &opening);
	finds(s, "Record 14: its voter had voted in that election before.");
	get(s, BEN, &leaf, &opening);
	leaf.seq = BLANK;
	leaf.epoch = s->epoch;
	leaf.time = s->time - 10 * SECOND;
	free(leaf.op.evote_op_u.vote.ballot.election);
	leaf.op.evote_op_u.vote.ballot.election = need_copy("chair");
	forge(s, &leaf, &opening);
	finds(s, "Record 14: it is a vote where a ballot is taken.");
}

/* ---- elections for which the roll is fixed ---- */

enum { FIXED = HOST_KEY + 1, LEFT, NEW_KEY, UNLOCKED, SIGNED, FIXED_OVER };

/* Who has left the roll gets a new key, and votes with it. */
static void
test_kept(void **state)
{
	struct service *s = *state;
	evote_option options[] = {{EVOTE_OPTION_FREEZE, 1}};
	struct op host = {.kind = EVOTE_OP_HOST,
	    .host = {.name = "alpha", .incarnation = "a", .key = "a"}};
	struct op open = {.kind = EVOTE_OP_OPEN,
	    .by_operator = 1,
	    .asker = {.voter = ""},
	    .act = {.kind = EVOTE_ACT_OPEN,
		.evote_act_u.terms = {.election = {.name = "chair",
					  .groups = {1, groups},
					  .choices = {2, choices},
					  .end = s->time + 20 * SECOND},
		    .options = {1, options}}}};
	struct op leave = {.kind = EVOTE_OP_UNREGISTER, .name = "ben"};
	struct op rekey = {.kind = EVOTE_OP_REKEY, .rekey.voter = "ben"};
	struct op unlock = {.kind = EVOTE_OP_UNLOCK, .name = "ben"};
	struct op close = {.kind = EVOTE_OP_CLOSE, .name = "chair"};
	struct conf json = {.json = 1};
	evote_leaf leaf;
	union opening opening;
	const char *page;

	rekey.rekey.key[0] = 'k';
	execute(s, &host, 0);
	execute(s, &open, 0);
	execute(s, &leave, 0);
	execute(s, &rekey, 0);
	execute(s, &unlock, 0);
	vote(s, "chair", "ben", "yes", 0, 0);
	s->time = open.act.evote_act_u.terms.election.end;
	execute(s, &close, 0);
	stop(s);
	page = holds(s);
	says(page, "Election \"chair\"");
	says(page, "who may vote is fixed at the opening");
	says(page, "eligible 3, fixed at the opening");
	says(audit_with(s, &json, 0), "\"frozen\":true");
	/* Where nothing is fixed he has no vote, and no use for a key. */
	get(s, FIXED, &leaf, &opening);
	leaf.op.evote_op_u.open.terms.options.evote_options_val[0] =
	    (evote_option){EVOTE_OPTION_ORDER_SHOWN, 1};
	forge(s, &leaf, &opening);
	finds(s, "Record 13: it gives a key to somebody who is not on");
}

/*
 * Who came by a stage and has left is none of those for whom it was fixed: long
 * after the stage, so that the audit has discarded what undoes it, and the
 * service has not.
 */
static void
test_staged_then_left(void **state)
{
	struct service *s = *state;
	evote_row rows[] = {{.voter = {.name = "dora", .group = groups[0]}}};
	evote_option options[] = {{EVOTE_OPTION_FREEZE, 1}};
	struct op host = {.kind = EVOTE_OP_HOST,
	    .host = {.name = "alpha", .incarnation = "a", .key = "a"}};
	struct op stage = {
	    .kind = EVOTE_OP_STAGE, .roll = 3, .stage.rows = {1, rows}};
	struct op commit = {
	    .kind = EVOTE_OP_COMMIT, .commit = {.stage = 1, .rows = 1}};
	struct op leave = {.kind = EVOTE_OP_UNREGISTER, .name = "dora"};
	struct op unlock = {.kind = EVOTE_OP_UNLOCK, .name = "ben"};
	struct op open = {.kind = EVOTE_OP_OPEN,
	    .by_operator = 1,
	    .asker = {.voter = ""},
	    .act = {.kind = EVOTE_ACT_OPEN,
		.evote_act_u.terms = {.election = {.name = "chair",
					  .groups = {1, groups},
					  .choices = {2, choices}},
		    .options = {1, options}}}};
	struct op close = {.kind = EVOTE_OP_CLOSE, .name = "chair"};

	execute(s, &host, 0);
	execute(s, &stage, 0);
	execute(s, &commit, 0);
	execute(s, &leave, 0);
	for (int i = 0; i < 130; i++)
		execute(s, &unlock, 0);
	open.act.evote_act_u.terms.election.end = s->time + 20 * SECOND;
	execute(s, &open, 0);
	vote(s, "chair", "dora", "yes", 0, 1);
	vote(s, "chair", "ben", "yes", 0, 0);
	s->time = open.act.evote_act_u.terms.election.end;
	execute(s, &close, 0);
	stop(s);
	says(holds(s), "Election \"chair\"");
}

/* ---- checkpoints ---- */

static void
file_put(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A checkpoint, signed by the log and by two hosts, and the policy for it. */
struct notary {
	char file[200], policy[200];
	char note[4096];
};

/* It follows from the cluster's. */
static struct seal_key *
log_key(const struct service *s)
{
	const struct seal_part part = {"evote log 1", 11};
	unsigned char key[32], seed[SEAL_HASH];
	char path[200], err[200];

	snprintf(path, sizeof(path), "%s/cluster.key", s->data);
	if (datadir_key(path, key, err, sizeof(err)) != 0)
		return (key_of("log"));
	seal_mac(seed, key, sizeof(key), &part, 1);
	return (seal_key_seed(seed));
}

static void
key_add(const struct service *s, struct notary *n, const char *text,
    enum note_type type, const char *name, struct tlog_policy **policy,
    const char *host)
{
	struct seal_key *key = host == NULL ? log_key(s) : key_of(host);
	unsigned char public[SEAL_KEY], sig[SEAL_SIG];
	struct note_key as;

	seal_key_public(key, public);
	note_key_set(&as, type, name, public);
	if (type == NOTE_LOG)
		note_sign(key, text, sig);
	else
		note_cosign(key, text, 1700000000, sig);
	assert_int_equal(note_add(n->note, sizeof(n->note), &as,
			     type == NOTE_LOG ? 0 : 1700000000, sig),
	    0);
	if (*policy == NULL)
		*policy = tlog_policy_new(&as);
	else
		assert_int_equal(tlog_policy_add(*policy, host, &as), 0);
	seal_key_free(key);
}

static void
notarize(struct service *s, struct notary *n, const char *origin, uint64_t size,
    const unsigned char root[SEAL_HASH])
{
	const evote_genesis *genesis = election_genesis(s->election);
	struct tlog_policy *policy = NULL;
	char log[NOTE_NAME], host[NOTE_NAME], text[NOTE_TEXT], *written;

	note_log_name(log, origin, (const unsigned char *)genesis->cluster);
	note_text(text, log, size, root);
	assert_int_equal(note_begin(n->note, sizeof(n->note), text), 0);
	key_add(s, n, text, NOTE_LOG, log, &policy, NULL);
	note_host_name(host, log, "alpha");
	key_add(s, n, text, NOTE_HOST, host, &policy, "alpha");
	note_host_name(host, log, "beta");
	key_add(s, n, text, NOTE_HOST, host, &policy, "beta");
	snprintf(n->file, sizeof(n->file), "%s/note", s->dir);
	snprintf(n->policy, sizeof(n->policy), "%s/policy", s->dir);
	file_put(n->file, n->note);
	written = tlog_policy_write(policy, "# of a test\n");
	file_put(n->policy, written);
	free(written);
	tlog_policy_free(policy);
}

/* The root over the first records, by reading them again. */
static int
grow(void *arg, struct record *r)
{
	merkle_append(arg, r->hash);
	record_drop(r);
	return (0);
}

static void
root_of(struct service *s, uint64_t size, unsigned char root[SEAL_HASH])
{
	struct merkle *tree = merkle_new();
	struct ledger *l = ledger_open(s->db, 0);
	uint64_t accepted;

	assert_int_equal(ledger_read_all(l, &accepted, grow, tree), 0);
	ledger_close(l);
	merkle_root(tree, size, root);
	merkle_free(tree);
}

#define ORIGIN "vote.example.org"

static void
test_checkpoint(void **state)
{
	struct service *s = *state;
	struct notary n;
	struct conf conf = {.checkpoint = n.file};
	unsigned char root[SEAL_HASH];
	const char *page;

	stop(s);
	root_of(s, 6, root);
	notarize(s, &n, ORIGIN, 6, root);
	/* As a copy has it: what its configuration says. */
	sql(s, "UPDATE state SET accepted = 3");
	page = audit_with(s, &conf, 0);
	says(page, "the first 3 are noted as accepted");
	says(page, "signed by the service, by this ledger's own keys");
	says(page,
	    "All holds, but hosts' signatures on the checkpoint were "
	    "not checked, which takes --policy: every");
	conf.policy = n.policy;
	page = audit_with(s, &conf, 0);
	says(page, "the first 6 are noted as accepted");
	says(page, "of 6 records; signed by the service and by alpha, beta");
	/* Of an earlier size, with this one's number. */
	notarize(s, &n, ORIGIN, 7, root);
	says(audit_with(s, &conf, 1),
	    "is of 7 other records than the first ones here");
	notarize(s, &n, ORIGIN, END + 1, root);
	says(audit_with(s, &conf, 1), "is of 11 records, and only 10");
	notarize(s, &n, "vote.example.net", 6, root);
	says(audit_with(s, &conf, 1),
	    "is of another service, vote.example.net/");
}

/* A host's key on record, as key_of has it. */
static void
host_record(struct service *s, const char *name)
{
	struct op op = {.kind = EVOTE_OP_HOST, .host.name = (char *)name};
	struct seal_key *key = key_of(name);

	op.host.incarnation[0] = name[0];
	seal_key_public(key, (unsigned char *)op.host.key);
	seal_key_free(key);
	execute(s, &op, 0);
}

/* A bit of the last signature is another. */
static void
last_spoil(struct notary *n)
{
	char *at = strrchr(n->note, '\n') - 8;

	*at = *at == 'A' ? 'B' : 'A';
	file_put(n->file, n->note);
}

static void
last_drop(struct notary *n)
{
	char *at = strrchr(n->note, '\n');

	while (*--at != '\n')
		;
	at[1] = '\0';
	file_put(n->file, n->note);
}

/* Nobody is named who has to sign: the ledger has keys itself. */
static void
test_own_keys(void **state)
{
	struct service *s = *state;
	struct notary n;
	struct conf conf = {.checkpoint = n.file};
	unsigned char root[SEAL_HASH];
	char path[200], *line;
	const char *page;

	host_record(s, "alpha");
	host_record(s, "beta");
	stop(s);
	root_of(s, END + 2, root);
	notarize(s, &n, ORIGIN, END + 2, root);
	page = audit_with(s, &conf, 0);
	says(page,
	    "signed by the service and by alpha, beta, by this ledger's "
	    "own keys");
	says(page, "All holds: every");
	last_spoil(&n);
	says(audit_with(s, &conf, 1), "the signature of beta in it is forged");
	/* One host is no fault; whose policy would say so? */
	last_drop(&n);
	page = audit_with(s, &conf, 0);
	says(page, "signed by the service and by alpha, by");
	says(page, "own keys; not signed by beta");
	/* Nobody at all, but somebody else. */
	line = strstr(n.note, "\n\n") + 2;
	strcpy(line, "\xe2\x80\x94 somebody.example/w1 AAAAAAAA\n");
	file_put(n.file, n.note);
	page = audit_with(s, &conf, 1);
	says(page, "no host of this ledger has signed it");
	says(page, "the service has not signed it");
	/* As an auditor has it, without the cluster's key. */
	notarize(s, &n, ORIGIN, END + 2, root);
	snprintf(path, sizeof(path), "%s/cluster.key", s->data);
	unlink(path);
	page = audit_with(s, &conf, 0);
	says(page, "signed by alpha, beta, by this ledger's own keys");
	says(page,
	    "All holds, but the service's own signature on the "
	    "checkpoint was not checked");
	/* What is not there needs no policy to be missed. */
	line = strstr(n.note, "\n\n") + 2;
	memmove(line, strchr(line, '\n') + 1, strlen(strchr(line, '\n')));
	file_put(n.file, n.note);
	page = audit_with(s, &conf, 1);
	says(page, "the service has not signed it");
	assert_null(strstr(page, "not checked"));
	root_of(s, 6, root);
	notarize(s, &n, ORIGIN, 6, root);
	page = audit_with(s, &conf, 0);
	says(page, "its signatures were not checked");
	says(page, "All holds, but the signatures on the checkpoint were not");
}

static void
test_signers(void **state)
{
	struct service *s = *state;
	struct notary n;
	struct conf conf = {.checkpoint = n.file, .policy = n.policy};
	unsigned char root[SEAL_HASH];
	const char *page;

	stop(s);
	root_of(s, 6, root);
	notarize(s, &n, ORIGIN, 6, root);
	/* A signature with a bit flipped, and one less. */
	last_spoil(&n);
	says(audit_with(s, &conf, 1), "a signature in it is forged");
	last_drop(&n);
	page = audit_with(s, &conf, 1);
	says(page, "fewer hosts have signed it than the policy wants");
	says(page, "trust --at 6");
	/* That is no fault of the ledger. */
	says(page, "The ledger holds: every");
	says(page, "The checkpoint is of these records, but is NOT signed");
	assert_null(strstr(page, "does NOT hold"));
	file_put(n.file, "a letter\n");
	says(audit_with(s, &conf, 1), "note is not a checkpoint: ");
	notarize(s, &n, ORIGIN, 6, root);
	file_put(n.policy, "a letter\n");
	says(audit_with(s, &conf, 1), "policy is not a policy: ");
	unlink(n.policy);
	says(audit_with(s, &conf, 1), "cannot read");
}

/* A policy of after a host's replacement: the ledger has the keys of before. */
static void
test_replaced(void **state)
{
	struct service *s = *state;
	struct notary n;
	struct conf conf = {.checkpoint = n.file, .policy = n.policy};
	unsigned char root[SEAL_HASH];
	const char *page;

	host_record(s, "alpha");
	host_record(s, "beta");
	stop(s);
	root_of(s, END + 2, root);
	notarize(s, &n, ORIGIN, END + 2, root);
	last_drop(&n);
	page = audit_with(s, &conf, 1);
	says(page,
	    "By the keys that this ledger has for that time it is signed by "
	    "alpha.");
	says(page, "The ledger holds: every");
	/* What is wrong with the ledger comes first. */
	root[0] ^= 1;
	notarize(s, &n, ORIGIN, END + 2, root);
	last_drop(&n);
	says(audit_with(s, &conf, 1), "This ledger does NOT hold.");
}

int
main(void)
{
#define ONE(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    ONE(holds),
	    ONE(json),
	    ONE(secret),
	    cmocka_unit_test(test_refusals),
	    ONE(read_only),
	    ONE(in_use),
	    ONE(leaf),
	    ONE(opening),
	    ONE(signature),
	    ONE(order),
	    ONE(time),
	    ONE(votes),
	    ONE(refusal),
	    ONE(close),
	    ONE(end),
	    ONE(other),
	    ONE(ballots_hold),
	    ONE(ballots),
	    ONE(ballot_twice),
	    ONE(kept),
	    ONE(staged_then_left),
	    ONE(checkpoint),
	    ONE(own_keys),
	    ONE(signers),
	    ONE(replaced),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
