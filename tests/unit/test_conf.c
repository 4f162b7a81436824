/*
 * evote.conf and hosts lists as people's editors and habits write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "scratch.h"
#include "server/conf.h"

struct files {
	char dir[512], conf[600], hosts[600], said[600];
};

static void
write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* Reads it as --config would be; what was said of it is in `said`. */
static int
read_conf(struct files *fs, const char *text, size_t len, struct conf *c)
{
	char *argv[] = {
	    (char *)"evote_server", (char *)"--config", fs->conf, NULL};
	int rc, was = dup(STDERR_FILENO);

	write_file(fs->conf, text, len);
	assert_non_null(freopen(fs->said, "w", stderr));
	optind = 0; /* getopt begins anew */
	rc = conf_read(c, 3, argv);
	fflush(stderr);
	dup2(was, STDERR_FILENO);
	close(was);
	return (rc);
}

static void
taken(struct files *fs, const char *text)
{
	struct conf c;

	assert_int_equal(read_conf(fs, text, strlen(text), &c), -1);
	assert_string_equal(c.data, "/var/lib/evote");
	assert_string_equal(c.name, "alpha");
	assert_int_equal(c.hosts.n, 2);
	assert_string_equal(c.hosts.list[1].address, "10.0.0.2");
	assert_int_equal(c.suspect_ms, 4000);
	assert_int_equal(c.portmap, 1);
	conf_clear(&c);
}

static void
says(struct files *fs, const char *text, size_t len, const char *sentence)
{
	char said[2000] = "";
	struct conf c;
	FILE *f;

	assert_int_equal(read_conf(fs, text, len, &c), 2);
	conf_clear(&c);
	f = fopen(fs->said, "re");
	assert_non_null(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	if (strstr(said, sentence) == NULL)
		fail_msg("nothing about '%s' in: %s", sentence, said);
}

#define says_of(fs, text, sentence) says(fs, text, strlen(text), sentence)

#define PLAIN                                                       \
	"data = /var/lib/evote\nname = alpha\n"                     \
	"hosts = alpha=10.0.0.1,beta=10.0.0.2\nsuspect-ms = 4000\n" \
	"no-portmap = no\n"

static void
m14_a_file_as_an_editor_writes_it(void **state)
{
	struct files *fs = *state;

	taken(fs, PLAIN);
	taken(fs,
	    "\xef\xbb\xbf# made elsewhere\r\n\r\n  \t\r\n"
	    "data = /var/lib/evote\t \r\nname\t=\talpha\r\n\r\n"
	    "\thosts = alpha=10.0.0.1 , beta = 10.0.0.2 # both\r\n"
	    "suspect-ms=4000\r\nno-portmap = no \r\n");
	/* The last line without an end. */
	taken(fs, PLAIN "failback = auto");
}

static void
a_line_that_is_almost_right_gets_a_sentence(void **state)
{
	static const char utf16[] = "\xff\xfe"
				    "d\0a\0t\0a\0=\0x\0\n\0";
	struct files *fs = *state;

	says_of(fs, "\r\n\r\nname alpha\r\n",
	    "line 3: want \"option = value\", not \"name alpha\"\n");
	says_of(fs, "--name = alpha\n", "line 1: in a file the option is");
	says_of(fs, "nmae = alpha\n",
	    "no option is named \"nmae\" (did you mean name?)");
	says_of(fs, "config = other.conf\n",
	    "line 1: config is for the command line only, as --config\n");
	says_of(fs, "name = \"alpha\"\n", "without quotes");
	says_of(fs, "no-portmap = true\n", "no-portmap is yes or no");
	says_of(fs, "suspect-ms = 4294967596\n", "from 300 to 600000");
	says_of(fs, "hang-ms = -1\n", "from 300 to 600000");
	says(fs, utf16, sizeof(utf16) - 1, "save the file as UTF-8");
	says_of(fs, "hosts = alpha 10.0.0.1\n",
	    "line 1: hosts: \"alpha 10.0.0.1\"");
}

/* What is not set at all is to be written into that file. */
static void
what_is_missing_is_named_with_its_place(void **state)
{
	struct files *fs = *state;
	char want[900];

	snprintf(want, sizeof(want),
	    "no data directory is set: write \"data = ...\" into %s, or give "
	    "--data\n",
	    fs->conf);
	says_of(fs, "name = alpha\n", want);
	says_of(fs, "data = /d\n", "no name is set: write \"name = ...\"");
	says_of(fs, "data = /d\nname = alpha\n",
	    "no hosts list is set: write \"hosts = ...\"");
	says_of(fs, "data = /d\nname = alpha\nhosts = beta=10.0.0.2\n",
	    "does not name this host, \"alpha\": correct");
}

/* ---- the hosts list ---- */

static void
listed(const char *list, const char *expected)
{
	char seen[600] = "", err[400] = "";
	struct hosts h;
	size_t n = 0;

	if (hosts_parse(list, &h, err, sizeof(err)) != 0)
		snprintf(seen, sizeof(seen), "!%s", err);
	else
		for (int i = 0; i < h.n; i++)
			n += (size_t)snprintf(seen + n, sizeof(seen) - n,
			    "%s|%s|%d ", h.list[i].name, h.list[i].address,
			    h.list[i].port);
	assert_string_equal(expected, seen);
}

static void
in_file(struct files *fs, const char *text, size_t len, const char *expected)
{
	char list[700];

	write_file(fs->hosts, text, len);
	snprintf(list, sizeof(list), "@%s", fs->hosts);
	listed(list, expected);
}

static void
m14_a_hosts_file_as_an_editor_writes_it(void **state)
{
	static const char text[] = "\xef\xbb\xbf# ours\r\n\r\n"
				   "alpha = 10.0.0.1\t\r\n \t\r\n"
				   "\tbeta=10.0.0.2:7 # the other\r\n\r\n";

	in_file(
	    *state, text, strlen(text), "alpha|10.0.0.1|0 beta|10.0.0.2|7 ");
}

static void
m15_an_entry_that_is_almost_right_gets_a_sentence(void **state)
{
	static const char third[] = "# ours\nalpha=10.0.0.1\nbeta 10.0.0.2\n";
	static const char *const pins[] = {
	    "pin: nv9kFPj4=", "PIN=nv9kFPj4=", "pin:nv9kFPj4="};
	struct files *fs = *state;
	char expected[800];

	listed("alpha 10.0.0.1",
	    "!\"alpha 10.0.0.1\" is not NAME=HOST[:PORT]: write "
	    "alpha=10.0.0.1");
	listed("10.0.0.1\talpha",
	    "!\"10.0.0.1\talpha\" is not NAME=HOST[:PORT]: write "
	    "alpha=10.0.0.1");
	listed("alpha=10.0.0.1 7000",
	    "!\"alpha=10.0.0.1 7000\" is not NAME=HOST[:PORT]: commas or lines "
	    "stand between hosts, and a colon before a port");
	listed("alpha=a;beta=b",
	    "!\"alpha=a;beta=b\" is not NAME=HOST[:PORT]: commas stand between "
	    "hosts");
	listed("alpha=http://a",
	    "!\"alpha=http://a\" is not NAME=HOST[:PORT]: write the host "
	    "alone, "
	    "without the rest of a URL");
	listed("alpha=\"a\"",
	    "!\"alpha=\"a\"\" is not NAME=HOST[:PORT]: write it without "
	    "quotes");
	listed("alpha=@/etc/x", "!\"alpha=@/etc/x\" is not NAME=HOST[:PORT]");
	snprintf(expected, sizeof(expected),
	    "!%s line 3: \"beta 10.0.0.2\" is not NAME=HOST[:PORT]: write "
	    "beta=10.0.0.2",
	    fs->hosts);
	in_file(fs, third, strlen(third), expected);
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		snprintf(expected, sizeof(expected),
		    "!%s line 1: \"%s\" is not NAME=HOST[:PORT]: write: pin "
		    "BASE64",
		    fs->hosts, pins[i]);
		in_file(fs, pins[i], strlen(pins[i]), expected);
	}
	in_file(fs, "pin=10.0.0.2\n", 13, "pin|10.0.0.2|0 ");
	snprintf(expected, sizeof(expected),
	    "!%s is not plain text: save it as UTF-8", fs->hosts);
	in_file(fs,
	    "\xff\xfe"
	    "a\0=\0b\0",
	    8, expected);
}

/* What came from another machine names no file of this one. */
static void
m11_a_list_from_elsewhere_reads_no_file(void **state)
{
	struct files *fs = *state;
	char list[700], err[300];
	struct hosts h;

	write_file(fs->hosts, "w=10.0.0.9:7\n", 13);
	snprintf(list, sizeof(list), "@%s", fs->hosts);
	assert_int_equal(hosts_parse(list, &h, err, sizeof(err)), 0);
	assert_int_equal(hosts_parse_list(list, &h, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "is not NAME=HOST[:PORT]"));
}

static int
setup(void **state)
{
	struct files *fs = calloc(1, sizeof(*fs));

	scratch_make(fs->dir, sizeof(fs->dir));
	snprintf(fs->conf, sizeof(fs->conf), "%s/evote.conf", fs->dir);
	snprintf(fs->hosts, sizeof(fs->hosts), "%s/hosts", fs->dir);
	snprintf(fs->said, sizeof(fs->said), "%s/said", fs->dir);
	*state = fs;
	return (0);
}

static int
teardown(void **state)
{
	struct files *fs = *state;

	scratch_remove(fs->dir);
	free(fs);
	return (0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(m14_a_file_as_an_editor_writes_it),
	    TEST(a_line_that_is_almost_right_gets_a_sentence),
	    TEST(what_is_missing_is_named_with_its_place),
	    TEST(m14_a_hosts_file_as_an_editor_writes_it),
	    TEST(m11_a_list_from_elsewhere_reads_no_file),
	    TEST(m15_an_entry_that_is_almost_right_gets_a_sentence),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
