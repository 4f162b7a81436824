/* Keys of OpenSSH, and the agent that signs with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/lib/agent.h"
#include "client/lib/signer.h"
#include "client/lib/sshkey.h"
#include "scratch.h"

/* Made by ssh-keygen; nobody else's. */
static const char open_file[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACC6XT/QMIHS0ShvkABjg7PKunhWNuP6GEBHYTtitV9q2QAAAIi4QY+nuEGP\n"
    "pwAAAAtzc2gtZWQyNTUxOQAAACC6XT/QMIHS0ShvkABjg7PKunhWNuP6GEBHYTtitV9q2Q\n"
    "AAAECwXuTUOBr3x6xGFELQHsa7ckcp1BoYYc8o7WgZun3ZU7pdP9AwgdLRKG+QAGODs8q6\n"
    "eFY24/oYQEdhO2K1X2rZAAAAA2FkYQEC\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char open_line[] =
    "ssh-ed25519 "
    "AAAAC3NzaC1lZDI1NTE5AAAAILpdP9AwgdLRKG+QAGODs8q6eFY24/oYQEdhO2K1X2rZ "
    "ada";
static const char open_raw[] = "ul0/0DCB0tEob5AAY4Ozyrp4Vjbj+hhAR2E7YrVfatk=";
static const char locked_file[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABAMrsvJ9x\n"
    "R4WUjjkbJGkEn4AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIPNAAFuLO+1hND48\n"
    "TBzB++OcHPx/4/IZvoOU5g4WakZjAAAAkB+7yum2bzQ/6VwxQS5elPlw9LYMgtv4rWx+7M\n"
    "VS0DjaItFRCJnk8AybasPczfqUDsk/RONhklBbj2Ltdki7EBUVe8vn3yV1Gt2t16v5PUv+\n"
    "MZI62oWzwUaBdeKlsdF62eZ2HdKeAbNtdfhU9QT+jKWahuhgdciU1zJa7DZs9XtQlhPhmk\n"
    "Yhy2GnltF7Z+x0vg==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char locked_raw[] = "80AAW4s77WE0PjxMHMH745wc/H/j8hm+g5TmDhZqRmM=";

static void
raw_read(unsigned char key[SEAL_KEY], const char *raw)
{
	assert_int_equal(
	    SEAL_KEY, seal_unbase64(key, SEAL_KEY, raw, strlen(raw)));
}

/* ---- public keys ---- */

static void
test_public(void **state)
{
	unsigned char key[SEAL_KEY], expected[SEAL_KEY];
	char err[200], line[200];

	raw_read(expected, open_raw);
	assert_int_equal(0, sshkey_public(key, open_raw, err, sizeof(err)));
	assert_memory_equal(key, expected, SEAL_KEY);
	memset(key, 0, sizeof(key));
	assert_int_equal(0, sshkey_public(key, open_line, err, sizeof(err)));
	assert_memory_equal(key, expected, SEAL_KEY);
	/* Without a comment, with a longer gap and the line's end. */
	memset(key, 0, sizeof(key));
	snprintf(line, sizeof(line), "ssh-ed25519 \t%.*s\n",
	    (int)strcspn(open_line + 12, " "), open_line + 12);
	assert_int_equal(0, sshkey_public(key, line, err, sizeof(err)));
	assert_memory_equal(key, expected, SEAL_KEY);
}

static void
public_refused(const char *text, const char *why)
{
	unsigned char key[SEAL_KEY];
	char err[200];

	assert_int_equal(-1, sshkey_public(key, text, err, sizeof(err)));
	if (strstr(err, why) == NULL)
		fail_msg("%s: %s", text, err);
}

/* F: a key as forms, mails and spreadsheets leave it. */
static void
test_public_untidy(void **state)
{
	static const char *const texts[] = {"%s\n", "\t %s \r\n", "'%s", "=%s",
	    "=\"%s\"", "\u00a0%s\u200b", "%.20s\n%s", "%.43s", "'%.43s "};
	static const char *const lines[] = {"ssh-ed25519\n%.68s",
	    "ssh-ed25519 %.68s\r\n", "no-pty ssh-ed25519 %.68s a@b",
	    "from=\"a b\",command=\"say ssh-ed25519 x\" ssh-ed25519 %.68s",
	    "ssh-ed25519 %.30s\n%s"};
	unsigned char key[SEAL_KEY], expected[SEAL_KEY];
	const char *raw = open_raw, *blob = open_line + 12;
	char err[200], text[400];

	raw_read(expected, open_raw);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		snprintf(text, sizeof(text), texts[i], raw, raw + 20);
		if (sshkey_public(key, text, err, sizeof(err)) != 0)
			fail_msg("%s: %s", text, err);
		assert_memory_equal(key, expected, SEAL_KEY);
	}
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), lines[i], blob, blob + 30);
		if (sshkey_public(key, text, err, sizeof(err)) != 0)
			fail_msg("%s: %s", text, err);
		assert_memory_equal(key, expected, SEAL_KEY);
	}
}

static void
test_public_refused(void **state)
{
	static const char others[] =
	    "a PRIVATE key, which others have seen now: "
	    "have its owner make a new one";
	char line[200];

	public_refused("", "missing");
	public_refused("AAAA", "neither");
	public_refused("ssh-rsa AAAAB3NzaC1yc2E=", "another kind");
	public_refused("ecdsa-sha2-nistp256 AAAA", "another kind");
	public_refused("sk-ssh-ed25519@openssh.com AAAA", "another kind");
	public_refused("ssh-ed25519", "damaged");
	public_refused("ssh-ed25519 ", "damaged");
	/* Every line that is cut within the key. */
	for (size_t n = 0; n < strcspn(open_line + 12, " "); n++) {
		snprintf(line, sizeof(line), "%.*s", (int)(12 + n), open_line);
		public_refused(line, "damaged");
	}
	public_refused("no-pty ssh-rsa AAAAB3NzaC1yc2E=", "another kind");
	public_refused(open_file, others);
	public_refused(strchr(open_file, '\n') + 1, others);
	public_refused("-----BEGIN PRIVATE KEY-----", others);
	public_refused("PuTTY-User-Key-File-3: ssh-ed25519", others);
	public_refused("#NAME?", "formula");
	snprintf(line, sizeof(line), "%s\n%s", open_line, open_line);
	public_refused(line, "two keys");
	snprintf(line, sizeof(line), "%.80sA", open_line);
	public_refused(line, "damaged");
	/* The blob names another kind than the line. */
	snprintf(line, sizeof(line), "%s", open_line);
	line[12 + 8] ^= 1;
	public_refused(line, "damaged");
}

/* ---- private keys ---- */

static enum sshkey_form
form_of(const char *text, size_t len, struct sshkey *k)
{
	char *copy = malloc(len), err[200] = "";
	enum sshkey_form form;

	memcpy(copy, text, len);
	form = sshkey_private(k, copy, len, err, sizeof(err));
	assert_int_equal(form == SSHKEY_UNFIT, err[0] != '\0');
	free(copy);
	return (form);
}

static void
test_private(void **state)
{
	unsigned char public[SEAL_KEY];
	struct seal_key *key;
	struct sshkey k = {0};

	assert_int_equal(
	    SSHKEY_OPEN, form_of(open_file, strlen(open_file), &k));
	key = seal_key_seed(k.seed);
	seal_key_public(key, public);
	assert_memory_equal(public, k.public, SEAL_KEY);
	raw_read(public, open_raw);
	assert_memory_equal(public, k.public, SEAL_KEY);
	seal_key_free(key);

	assert_int_equal(
	    SSHKEY_ENCRYPTED, form_of(locked_file, strlen(locked_file), &k));
	raw_read(public, locked_raw);
	assert_memory_equal(public, k.public, SEAL_KEY);
	assert_int_equal(SSHKEY_OTHER, form_of("", 0, &k));
	assert_int_equal(
	    SSHKEY_OTHER, form_of("-----BEGIN PRIVATE KEY-----", 27, &k));
}

/* Cut anywhere, or any bit of the body flipped: never more than unfit. */
static void
test_private_damaged(void **state)
{
	size_t len = strlen(open_file), head = 36, i;
	char *text = strdup(open_file);
	struct sshkey k;

	for (i = head; i + 36 < len; i++)
		assert_int_equal(SSHKEY_UNFIT, form_of(open_file, i, &k));
	for (i = head; i + 36 < len; i++) {
		text[i] ^= 1;
		(void)form_of(text, len, &k);
		text[i] ^= 1;
	}
	free(text);
}

/* ---- the agent ---- */

struct fake {
	int listener;
	struct seal_key *key; /* signs with it */
	size_t reply_len;     /* bytes of the reply that are sent */
	int declines;
	int flips; /* a bit of the signature */
	pthread_t thread;
};

static size_t
get_u32(const unsigned char *p)
{
	return (
	    (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

static void
fake_answer(struct fake *f, int fd, const unsigned char *request)
{
	static const unsigned char head[] = "\0\0\0\x58\x0e\0\0\0\x53"
					    "\0\0\0\x0bssh-ed25519\0\0\0\x40";
	unsigned char reply[28 + SEAL_SIG];
	const unsigned char *data;

	if (f->declines) {
		assert_int_equal(5, write(fd, "\0\0\0\x01\x05", 5));
		return;
	}
	data = request + 5 + 4 + SSHKEY_BLOB;
	memcpy(reply, head, 28);
	seal_key_sign(f->key, reply + 28, data + 4, get_u32(data));
	reply[40] ^= f->flips;
	if (f->reply_len > 0)
		assert_int_equal(f->reply_len, write(fd, reply, f->reply_len));
}

static void *
fake_run(void *arg)
{
	struct fake *f = arg;
	unsigned char request[1000];
	size_t n = 0, want = 4;
	ssize_t got;
	int fd = accept(f->listener, NULL, NULL);

	while (n < want && (got = read(fd, request + n, want - n)) > 0) {
		n += (size_t)got;
		if (n == 4)
			want = 4 + get_u32(request);
	}
	fake_answer(f, fd, request);
	close(fd);
	return (NULL);
}

static void
fake_start(struct fake *f, const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	unlink(path);
	f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    0, bind(f->listener, (struct sockaddr *)&un, sizeof(un)));
	assert_int_equal(0, listen(f->listener, 1));
	assert_int_equal(0, pthread_create(&f->thread, NULL, fake_run, f));
}

/* One signature from such an agent; the sentence when there is none. */
static void
agent_asked(struct fake f, const char *path, const char *why)
{
	unsigned char key[SEAL_KEY], sig[SEAL_SIG];
	char err[400] = "";
	int rc;

	raw_read(key, open_raw);
	fake_start(&f, path);
	rc = agent_sign(sig, key, "vote", 4, err, sizeof(err));
	pthread_join(f.thread, NULL);
	close(f.listener);
	if (strstr(err, why) == NULL)
		fail_msg("%s, not %s", err, why);
	assert_int_equal(why[0] == '\0' ? 0 : -1, rc);
	if (rc == 0)
		assert_true(seal_verify(key, sig, "vote", 4));
}

static void
test_agent(void **state)
{
	const size_t whole = 28 + SEAL_SIG;
	struct sshkey k;
	struct fake f = {.reply_len = whole};
	char dir[80], path[100], err[400];
	unsigned char sig[SEAL_SIG];

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/agent", dir);
	setenv("SSH_AUTH_SOCK", path, 1);
	form_of(open_file, strlen(open_file), &k);
	assert_int_equal(
	    -1, agent_sign(sig, k.public, "", 0, err, sizeof(err)));
	assert_non_null(strstr(err, "cannot be reached"));
	f.key = seal_key_seed(k.seed);
	agent_asked(f, path, "");
	f.declines = 1;
	agent_asked(f, path, "did not sign");
	f.declines = 0;
	f.flips = 1;
	agent_asked(f, path, "wrong signature");
	f.flips = 0;
	for (f.reply_len = 0; f.reply_len < whole; f.reply_len++)
		agent_asked(f, path, "did not answer");
	seal_key_free(f.key);
	unsetenv("SSH_AUTH_SOCK");
	assert_int_equal(
	    -1, agent_sign(sig, k.public, "", 0, err, sizeof(err)));
	assert_non_null(strstr(err, "ssh-add"));
	scratch_remove(dir);
}

/* ---- signers ---- */

static void
file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_signer(void **state)
{
	char dir[80], path[100], err[400] = "";
	unsigned char key[SEAL_KEY], sig[SEAL_SIG];
	char damaged[sizeof(open_file)];
	struct signer *s;

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/key", dir);
	raw_read(key, open_raw);
	file_write(path, open_file);
	assert_non_null(s = signer_open(path, err, sizeof(err)));
	assert_int_equal(0, signer_sign(s, sig, "vote", 4, err, sizeof(err)));
	assert_true(seal_verify(key, sig, "vote", 4));
	signer_close(s);
	/* These are for the agent, and there is none. */
	file_write(path, locked_file);
	assert_non_null(s = signer_open(path, err, sizeof(err)));
	assert_int_equal(-1, signer_sign(s, sig, "vote", 4, err, sizeof(err)));
	assert_non_null(strstr(err, "ssh-add"));
	signer_close(s);
	file_write(path, open_line);
	assert_non_null(s = signer_open(path, err, sizeof(err)));
	assert_int_equal(-1, signer_sign(s, sig, "vote", 4, err, sizeof(err)));
	signer_close(s);
	/* The private half is another's. */
	memcpy(damaged, open_file, sizeof(damaged));
	*(strstr(damaged, "AAAECwXuTU") + 8) ^= 1;
	file_write(path, damaged);
	assert_null(signer_open(path, err, sizeof(err)));
	assert_non_null(strstr(err, "damaged"));
	file_write(path, "nothing");
	assert_null(signer_open(path, err, sizeof(err)));
	unlink(path);
	assert_null(signer_open(path, err, sizeof(err)));
	assert_non_null(strstr(err, "No such file"));
	scratch_remove(dir);
}

/* Nobody waits for who may never write to a pipe. */
static void
test_signer_pipe(void **state)
{
	char dir[80], path[100], err[400] = "";

	assert_non_null(scratch_make(dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/key", dir);
	assert_int_equal(0, mkfifo(path, 0600));
	alarm(60); /* ends the program, if it waits */
	assert_false(signer_is_locked(path));
	assert_null(signer_open(path, err, sizeof(err)));
	assert_non_null(strstr(err, "is not a plain file"));
	assert_null(signer_open(dir, err, sizeof(err)));
	assert_non_null(strstr(err, "is not a plain file"));
	alarm(0);
	scratch_remove(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_public_untidy),
	    cmocka_unit_test(test_public_refused),
	    cmocka_unit_test(test_private),
	    cmocka_unit_test(test_private_damaged),
	    cmocka_unit_test(test_agent),
	    cmocka_unit_test(test_signer),
	    cmocka_unit_test(test_signer_pipe),
	};

	unsetenv("SSH_AUTH_SOCK");
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
