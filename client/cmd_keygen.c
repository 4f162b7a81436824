#include <getopt.h>
#include <stdio.h>

#include "client/cmd.h"
#include "client/say.h"
#include "common/seal.h"

/* Only the key goes to standard output, for $(evote_client keygen FILE). */
static int
run(struct client *c, int argc, char **argv)
{
	unsigned char public[SEAL_KEY];
	char base64[4 * ((SEAL_KEY + 2) / 3) + 1], err[1024];
	struct seal_key *key;
	int status;

	if ((status = cmd_args(c, &cmd_keygen, argc, argv, 1, 1)) >= 0)
		return (status);
	if ((key = seal_key_make(argv[optind], err, sizeof(err))) == NULL)
		return (say_usage(c, "no key was made: %s", err));
	seal_key_public(key, public);
	seal_key_free(key);
	seal_base64(base64, public, sizeof(public));
	if (c->json == NULL) {
		puts(base64);
		say_aside("The private key is in %s, for nobody else to see; "
			  "hand in the public key above.",
		    argv[optind]);
		return (EXIT_DONE);
	}
	cJSON_AddStringToObject(c->json, "public_key", base64);
	return (say_done(c, "The private key is in %s", argv[optind]));
}

const struct command cmd_keygen = {
    "keygen",
    "FILE",
    "Makes a private key and prints the public key to hand in.",
    run,
};
