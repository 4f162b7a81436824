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

bool_t
evote_preauth_1_svc(
    evote_preauth_args *args, evote_preauth_res *result, struct svc_req *q)
{
	return (ask(q, ASK_PREAUTH, args, result, sizeof(*result)));
}

bool_t
evote_auth_1_svc(
    evote_auth_args *args, evote_auth_res *result, struct svc_req *q)
{
	return (ask(q, ASK_AUTH, args, result, sizeof(*result)));
}

bool_t
evote_create_election_1_svc(
    evote_create_args *args, evote_answer *result, struct svc_req *q)
{
	return (ask(q, ASK_CREATE, args, result, sizeof(*result)));
}

bool_t
evote_open_election_1_svc(
    evote_terms_args *args, evote_answer *result, struct svc_req *q)
{
	return (ask(q, ASK_OPEN, args, result, sizeof(*result)));
}

bool_t
evote_extend_1_svc(
    evote_extend_args *args, evote_answer *result, struct svc_req *q)
{
	return (ask(q, ASK_EXTEND, args, result, sizeof(*result)));
}

bool_t
evote_cancel_1_svc(
    evote_cancel_args *args, evote_answer *result, struct svc_req *q)
{
	return (ask(q, ASK_CANCEL, args, result, sizeof(*result)));
}

bool_t
evote_get_life_1_svc(
    evote_named_args *args, evote_life_res *result, struct svc_req *q)
{
	return (ask(q, ASK_LIFE, args, result, sizeof(*result)));
}

bool_t
evote_list_lives_1_svc(
    evote_list_args *args, evote_lives_res *result, struct svc_req *q)
{
	return (ask(q, ASK_LIVES, args, result, sizeof(*result)));
}

bool_t
evote_preview_1_svc(
    evote_preview_args *args, evote_preview_res *result, struct svc_req *q)
{
	return (ask(q, ASK_PREVIEW, args, result, sizeof(*result)));
}

bool_t
evote_get_options_1_svc(
    evote_named_args *args, evote_options_res *result, struct svc_req *q)
{
	return (ask(q, ASK_OPTIONS, args, result, sizeof(*result)));
}

bool_t
evote_cast_vote_1_svc(
    evote_vote_args *args, evote_answer *result, struct svc_req *q)
{
	return (ask(q, ASK_VOTE, args, result, sizeof(*result)));
}

bool_t
evote_cast_ballot_1_svc(
    evote_ballot_args *args, evote_answer *result, struct svc_req *q)
{
	return (ask(q, ASK_BALLOT, args, result, sizeof(*result)));
}

bool_t
evote_get_pairs_1_svc(
    evote_named_args *args, evote_pairs_res *result, struct svc_req *q)
{
	return (ask(q, ASK_PAIRS, args, result, sizeof(*result)));
}

bool_t
evote_get_result_1_svc(
    evote_named_args *args, evote_result_res *result, struct svc_req *q)
{
	return (ask(q, ASK_RESULT, args, result, sizeof(*result)));
}

bool_t
evote_list_elections_1_svc(
    evote_list_args *args, evote_list_res *result, struct svc_req *q)
{
	return (ask(q, ASK_LIST, args, result, sizeof(*result)));
}

bool_t
evote_get_election_1_svc(
    evote_named_args *args, evote_election_res *result, struct svc_req *q)
{
	return (ask(q, ASK_SHOW, args, result, sizeof(*result)));
}

bool_t
evote_empty_groups_1_svc(
    evote_groups_args *args, evote_groups_res *result, struct svc_req *q)
{
	return (ask(q, ASK_EMPTY, args, result, sizeof(*result)));
}

bool_t
evote_turnout_1_svc(
    evote_named_args *args, evote_turnout_res *result, struct svc_req *q)
{
	return (ask(q, ASK_TURNOUT, args, result, sizeof(*result)));
}

bool_t
evote_report_1_svc(
    evote_named_args *args, evote_report_res *result, struct svc_req *q)
{
	return (ask(q, ASK_REPORT, args, result, sizeof(*result)));
}

bool_t
evote_curve_1_svc(
    evote_named_args *args, evote_curve_res *result, struct svc_req *q)
{
	return (ask(q, ASK_CURVE, args, result, sizeof(*result)));
}

bool_t
evote_check_1_svc(
    evote_check_args *args, evote_check_res *result, struct svc_req *q)
{
	return (ask(q, ASK_CHECK, args, result, sizeof(*result)));
}

bool_t
evote_checkpoint_1_svc(evote_checkpoint_args *args,
    evote_checkpoint_res *result, struct svc_req *q)
{
	return (ask(q, ASK_CHECKPOINT, args, result, sizeof(*result)));
}

bool_t
evote_receipt_1_svc(
    evote_receipt_args *args, evote_receipt_res *result, struct svc_req *q)
{
	return (ask(q, ASK_RECEIPT, args, result, sizeof(*result)));
}

bool_t
evote_prove_1_svc(
    evote_prove_args *args, evote_prove_res *result, struct svc_req *q)
{
	return (ask(q, ASK_PROVE, args, result, sizeof(*result)));
}

bool_t
evote_keys_1_svc(
    evote_keys_args *args, evote_keys_res *result, struct svc_req *q)
{
	return (ask(q, ASK_KEYS, args, result, sizeof(*result)));
}

bool_t
evote_get_sheet_1_svc(
    evote_sheet_args *args, evote_sheet_res *result, struct svc_req *q)
{
	return (ask(q, ASK_SHEET, args, result, sizeof(*result)));
}

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
