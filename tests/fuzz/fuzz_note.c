/* Checkpoints, receipts, verifier keys and policies: files from anybody. */
#include "common/receipt.h"
#include "common/tlog_policy.h"
#include "fuzz.h"

static void
note(const char *text, size_t len)
{
	unsigned char public[SEAL_KEY] = {1};
	struct note_key key;
	struct note n;
	char err[300] = "";

	if (note_read(&n, text, len, err, sizeof(err)) != 0) {
		assert(strlen(err) > 0);
		return;
	}
	note_key_set(&key, NOTE_LOG, n.log, public);
	assert(note_verify(&n, &key, NULL) != NOTE_SIGNED);
}

static void
receipt(const char *text, size_t len)
{
	struct receipt r = {0};
	char err[300] = "", *again;

	if (receipt_read(&r, text, len, err, sizeof(err)) != 0) {
		assert(strlen(err) > 0);
		return;
	}
	(void)receipt_fits(&r);
	again = fuzz_text((const uint8_t *)r.text, r.text_len);
	free(again);
	receipt_clear(&r);
}

/* What is read is written such that it is read as the same. */
static void
policy(const char *text, size_t len)
{
	char err[300] = "", *written;
	struct tlog_policy *p, *again;

	p = tlog_policy_read(text, len, err, sizeof(err));
	if (p == NULL) {
		assert(strlen(err) > 0);
		return;
	}
	if (p->n_logs == 1 && (written = tlog_policy_write(p, "#\n")) != NULL) {
		again = tlog_policy_read(
		    written, strlen(written), err, sizeof(err));
		tlog_policy_free(again);
		free(written);
	}
	tlog_policy_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len), err[300] = "";
	struct note_key key;

	note(text, len);
	receipt(text, len);
	policy(text, len);
	if (note_vkey_read(&key, text, err, sizeof(err)) != 0)
		assert(strlen(err) > 0);
	free(text);
	return (0);
}
