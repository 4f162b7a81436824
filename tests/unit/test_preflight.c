/*
 * What `check` says to root of a data directory: whose it is, and whose its
 * secrets have to be; and whether it is the hosts list's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pwd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common/rpc/tls.h"
#include "common/seal.h"
#include "scratch.h"
#include "server/preflight.h"
#include "server/store/datadir.h"

#define EVOTE_UID 12345

/* In place of the system's: whether the package is installed here. */
static int installed;

static struct passwd evote = {.pw_name = (char *)"evote", .pw_uid = EVOTE_UID};

struct passwd *
getpwnam(const char *name)
{
	return (installed && strcmp(name, "evote") == 0 ? &evote : NULL);
}

struct passwd *
getpwuid(uid_t uid)
{
	return (installed && uid == EVOTE_UID ? &evote : NULL);
}

struct scene {
	char base[128], data[160], key[160], socket[192];
	const char *pin; /* of the hosts list, or NULL */
	char said[8192]; /* by the last check */
};

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	FILE *f;

	assert_non_null(scratch_make(s->base, sizeof(s->base)));
	snprintf(s->data, sizeof(s->data), "%s/data", s->base);
	snprintf(s->key, sizeof(s->key), "%s/cluster.key", s->base);
	snprintf(s->socket, sizeof(s->socket), "%s/admin.sock", s->data);
	assert_int_equal(mkdir(s->data, 0700), 0);
	f = fopen(s->key, "we");
	assert_non_null(f);
	for (int i = 0; i < 32; i++)
		fputs("5a", f);
	fputs("\n", f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(s->key, 0600), 0);
	installed = 1;
	*state = s;
	return (0);
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	scratch_remove(s->base);
	free(s);
	return (0);
}

static void
check(struct scene *s)
{
	struct conf conf = {.data = s->data,
	    .name = (char *)"alpha",
	    .cluster_key = s->key,
	    .admin_socket = s->socket};
	int was, out = memfd_create("out", 0);
	char err[200];
	ssize_t n;

	assert_int_equal(
	    hosts_parse("alpha=127.0.0.1", &conf.hosts, err, sizeof(err)), 0);
	if (s->pin != NULL)
		assert_int_equal(hosts_add_pin(&conf.hosts, s->pin, "hosts",
				     err, sizeof(err)),
		    0);
	fflush(stdout);
	was = dup(1);
	dup2(out, 1);
	(void)preflight_run(&conf);
	fflush(stdout);
	dup2(was, 1);
	n = pread(out, s->said, sizeof(s->said) - 1, 0);
	s->said[n > 0 ? n : 0] = '\0';
	close(was);
	close(out);
}

static int
says(const struct scene *s, const char *what)
{
	return (strstr(s->said, what) != NULL);
}

static void
assert_says(const struct scene *s, const char *what)
{
	if (!says(s, what))
		fail_msg("nothing of %s in %s", what, s->said);
}

/* Root in a container may not. */
static int
may_give(const char *path)
{
	return (geteuid() == 0 && chown(path, EVOTE_UID, EVOTE_UID) == 0);
}

/* The usual mistake: only the directory is to be given away, not the key. */
static void
a_directory_that_root_has_made(void **state)
{
	struct scene *s = *state;

	if (!may_give(s->key))
		skip();
	check(s);
	assert_says(
	    s, "data belongs to root, and the package runs the server as");
	assert_says(s, "chown -R evote:evote ");
	assert_false(says(s, "chown root"));
	assert_false(says(s, "WRONG  secret"));
	/* Once that is done, and the key is somebody else's. */
	assert_int_equal(chown(s->data, EVOTE_UID, EVOTE_UID), 0);
	assert_int_equal(chown(s->key, EVOTE_UID + 1, EVOTE_UID), 0);
	check(s);
	assert_false(says(s, "belongs to root"));
	assert_says(s, "cluster.key belongs to another user");
	assert_says(s, "chown evote ");
}

/* Whoever has no such user runs the server as root, for all that is known. */
static void
without_the_package(void **state)
{
	struct scene *s = *state;

	if (geteuid() != 0)
		skip();
	installed = 0;
	check(s);
	assert_false(says(s, "belongs to root"));
	assert_false(says(s, "WRONG  secret"));
}

/* Else it is learnt when nobody can vote. */
static void
a_hosts_list_of_another_cluster(void **state)
{
	struct scene *s = *state;
	unsigned char key[32] = {7}, other[32] = {8};
	char right[TLS_PIN], wrong[TLS_PIN], base64[64], err[512];
	FILE *f = fopen(s->key, "we");

	assert_non_null(f);
	seal_base64(base64, key, sizeof(key));
	fprintf(f, "%s\n", base64);
	assert_int_equal(fclose(f), 0);
	tls_pin(key, right);
	tls_pin(other, wrong);
	check(s);
	assert_false(says(s, "  pin  "));
	s->pin = wrong;
	check(s);
	assert_says(s, "WRONG  pin      The hosts list has another cluster's");
	assert_says(s, right);
	s->pin = right;
	check(s);
	assert_says(s, "ok     pin  ");
	/* The key that is there counts; that another one is given is told. */
	assert_int_equal(datadir_init(s->data, NULL, err, sizeof(err)), 0);
	check(s);
	assert_says(s, "is the key of another cluster");
	assert_says(s, "WRONG  pin  ");
	s->pin = NULL;
	check(s);
	assert_false(says(s, "  pin  "));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(a_directory_that_root_has_made),
	    TEST(without_the_package),
	    TEST(a_hosts_list_of_another_cluster),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
