/*
 * The arguments and results of every program, and all that is stored: what is
 * decoded is encoded as just the bytes that it was.
 */
#include "common/record.h"
#include "fuzz.h"

#define TYPE(name)                                   \
	{                                            \
		(xdrproc_t) xdr_##name, sizeof(name) \
	}

static const struct {
	xdrproc_t proc;
	size_t size;
} types[] = {
    TYPE(evote_preauth_args),
    TYPE(evote_auth_args),
    TYPE(evote_create_args),
    TYPE(evote_vote_args),
    TYPE(evote_named_args),
    TYPE(evote_list_args),
    TYPE(evote_groups_args),
    TYPE(evote_checkpoint_args),
    TYPE(evote_receipt_args),
    TYPE(evote_prove_args),
    TYPE(evote_keys_args),
    TYPE(evote_terms_args),
    TYPE(evote_sheet_args),
    TYPE(evote_check_args),
    TYPE(evote_register_args),
    TYPE(evote_voters_args),
    TYPE(evote_promote_args),
    TYPE(evote_arbiter_args),
    TYPE(evote_hosts_args),
    TYPE(evote_rekey_args),
    TYPE(evote_stage_args),
    TYPE(evote_open_args),
    TYPE(evote_sealed),
    TYPE(evote_hello),
    TYPE(evote_append),
    TYPE(evote_confirm),
    TYPE(evote_sign),
    TYPE(evote_decide),
    TYPE(evote_answer),
    TYPE(evote_status_res),
    TYPE(evote_result_res),
    TYPE(evote_election_res),
    TYPE(evote_list_res),
    TYPE(evote_auth_res),
    TYPE(evote_checkpoint_res),
    TYPE(evote_receipt_res),
    TYPE(evote_keys_res),
    TYPE(evote_sheet_res),
    TYPE(evote_check_res),
    TYPE(evote_turnout_res),
    TYPE(evote_acked),
    TYPE(evote_signed_by),
    TYPE(evote_decided),
    TYPE(evote_config),
    TYPE(evote_leaf),
    TYPE(evote_opening),
};
#define TYPES (sizeof(types) / sizeof(types[0]))

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned char *again;
	xdrproc_t proc;
	void *obj;
	size_t i;
	long n;

	if (len == 0)
		return (0);
	i = data[0] % TYPES;
	proc = types[i].proc;
	obj = calloc(1, types[i].size);
	fuzz_must(obj != NULL);
	if (xdr_from_bytes(proc, obj, data + 1, len - 1) == 0) {
		n = xdr_to_bytes(proc, obj, &again);
		fuzz_must(n == (long)len - 1 &&
		    memcmp(again, data + 1, len - 1) == 0);
		free(again);
		xdr_free(proc, obj);
	}
	free(obj);
	return (0);
}
