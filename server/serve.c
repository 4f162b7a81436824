#include <string.h>

#include "server/service.h"

/*
 * EVOTE and EVOTE_PROBE: the dispatchers' procedures.  They only translate.
 * A result is zeroed first: the dispatcher frees it whatever is returned.
 */
static bool_t
ask(struct svc_req *q, enum ask what, void *args, void *result, size_t len)
{
	memset(result, 0, len);
	service_ask(transport_arg(q), what, args, q);
	return (FALSE); /* answered by the service, when it is time */
}

bool_t
evote_null_1_svc(void *args, void *result, struct svc_req *q)
{
	return (TRUE);
}

ASK(preauth, PREAUTH, evote_preauth_args, evote_preauth_res)
ASK(auth, AUTH, evote_auth_args, evote_auth_res)
ASK(create_election, CREATE, evote_create_args, evote_answer)
ASK(open_election, OPEN, evote_terms_args, evote_answer)
ASK(extend, EXTEND, evote_extend_args, evote_answer)
ASK(cancel, CANCEL, evote_cancel_args, evote_answer)
ASK(get_life, LIFE, evote_named_args, evote_life_res)
ASK(list_lives, LIVES, evote_list_args, evote_lives_res)
ASK(preview, PREVIEW, evote_preview_args, evote_preview_res)
ASK(get_options, OPTIONS, evote_named_args, evote_options_res)
ASK(cast_vote, VOTE, evote_vote_args, evote_answer)
ASK(cast_ballot, BALLOT, evote_ballot_args, evote_answer)
ASK(get_pairs, PAIRS, evote_named_args, evote_pairs_res)
ASK(get_result, RESULT, evote_named_args, evote_result_res)
ASK(list_elections, LIST, evote_list_args, evote_list_res)
ASK(get_election, SHOW, evote_named_args, evote_election_res)
ASK(empty_groups, EMPTY, evote_groups_args, evote_groups_res)
ASK(turnout, TURNOUT, evote_named_args, evote_turnout_res)
ASK(report, REPORT, evote_named_args, evote_report_res)
ASK(curve, CURVE, evote_named_args, evote_curve_res)
ASK(check, CHECK, evote_check_args, evote_check_res)
ASK(checkpoint, CHECKPOINT, evote_checkpoint_args, evote_checkpoint_res)
ASK(receipt, RECEIPT, evote_receipt_args, evote_receipt_res)
ASK(prove, PROVE, evote_prove_args, evote_prove_res)
ASK(keys, KEYS, evote_keys_args, evote_keys_res)
ASK(get_sheet, SHEET, evote_sheet_args, evote_sheet_res)

bool_t
evote_status_1_svc(void *args, evote_status_res *result, struct svc_req *q)
{
	memset(result, 0, sizeof(*result));
	service_status(transport_arg(q), result);
	return (TRUE);
}

int
evote_prog_1_freeresult(SVCXPRT *xprt, xdrproc_t proc, caddr_t result)
{
	xdr_free(proc, result);
	return (TRUE);
}

bool_t
evote_probe_null_1_svc(void *args, void *result, struct svc_req *q)
{
	return (TRUE);
}

bool_t
evote_probe_serving_1_svc(void *args, evote_answer *result, struct svc_req *q)
{
	memset(result, 0, sizeof(*result));
	service_head(transport_arg(q), result);
	return (TRUE);
}

int
evote_probe_prog_1_freeresult(SVCXPRT *xprt, xdrproc_t proc, caddr_t result)
{
	xdr_free(proc, result);
	return (TRUE);
}
