/*
 * A vote as a course's exercise would cast it: what `rpcgen evote.x` makes with
 * its defaults, the stock clnt_create, a log-in.  Written from evote.x alone.
 *
 *	course VOTER KEY.pem ELECTION CHOICE NUMBER HOST...
 *
 * Ends with the code of the answer, or 9 when nobody answered.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evote.h"

#define ROUNDS 20

static char **arg; /* as above, from VOTER */

static int
sign(const void *data, size_t len, unsigned char sig[64])
{
	FILE *f = fopen(arg[1], "r");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t sig_len = 64;
	int done = key != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &sig_len, data, len) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (f != NULL)
		fclose(f);
	return (done);
}

/* A challenge, and for its signature a token; NULL: not here, or not now. */
static evote_auth_res *
log_in(CLIENT *c, const evote_status_res *who)
{
	evote_preauth_args ask = {.voter = arg[0]};
	evote_preauth_res *p = evote_preauth_1(&ask, c);
	evote_login login = {.domain = "evote login 1", .origin = who->origin};
	evote_auth_args auth = {.voter = arg[0]};
	static unsigned char sig[64];
	char bytes[2048];
	XDR x;

	if (p == NULL || p->answer.code != 0)
		return (NULL);
	memcpy(login.cluster, who->answer.stamp.cluster, 16);
	login.challenge = auth.challenge = p->challenge;
	xdrmem_create(&x, bytes, sizeof(bytes), XDR_ENCODE);
	if (!xdr_evote_login(&x, &login) || !sign(bytes, xdr_getpos(&x), sig))
		return (NULL);
	auth.signature.evote_signature_val = (char *)sig;
	auth.signature.evote_signature_len = 64;
	return (evote_auth_1(&auth, c));
}

/* EVOTE_CODE_NONE: ask again, the same, or another host. */
static int
vote_at(CLIENT *c)
{
	evote_status_res *who = evote_status_1(NULL, c);
	evote_auth_res *login;
	evote_vote_args vote = {.election = arg[2], .choice = arg[3]};
	evote_answer *answer;

	if (who == NULL || who->answer.code != 0 ||
	    (login = log_in(c, who)) == NULL || login->answer.code < 0)
		return (EVOTE_CODE_NONE);
	if (login->answer.code != 0)
		return (login->answer.code);
	vote.request.credential.kind = EVOTE_BY_TOKEN;
	vote.request.credential.evote_credential_u.token = login->token;
	memcpy(vote.request.client, "a course's client", 16);
	vote.request.number = strtoull(arg[4], NULL, 10);
	answer = evote_cast_vote_1(&vote, c);
	return (answer == NULL ? EVOTE_CODE_NONE : answer->code);
}

int
main(int argc, char **argv)
{
	arg = argv + 1;
	for (int i = 0; argc > 6 && i < ROUNDS; i++, sleep(1)) {
		for (char **host = argv + 6; *host != NULL; host++) {
			CLIENT *c =
			    clnt_create(*host, EVOTE_PROG, EVOTE_V1, "tcp");
			int code = c == NULL ? EVOTE_CODE_NONE : vote_at(c);

			if (c != NULL)
				clnt_destroy(c);
			if (code == EVOTE_CODE_NONE)
				continue;
			printf("code %d from %s\n", code, *host);
			return (code);
		}
	}
	printf("nobody answered\n");
	return (9);
}
