#include <stdio.h>

#include "client/cmd.h"
#include "client/say.h"
#include "common/seal.h"

/* Only the key goes to standard output, for $(evote_client keygen FILE). */
static int
run(struct client *c, void *own, int argc, char **argv)
{
	unsigned char public[SEAL_KEY];
	char base64[4 * ((SEAL_KEY + 2) / 3) + 1], err[1024];
	struct seal_key *key;

	if ((key = seal_key_make(argv[0], err, sizeof(err))) == NULL)
		return (say_usage(c, "no key was made: %s", err));
	seal_key_public(key, public);
	seal_key_free(key);
	seal_base64(base64, public, sizeof(public));
	if (c->json == NULL) {
		puts(base64);
		say_aside("The private key is in %s, for nobody else to see; "
			  "hand in the public key above.",
		    argv[0]);
		return (EXIT_DONE);
	}
	cJSON_AddStringToObject(c->json, "public_key", base64);
	return (say_done(c, "The private key is in %s", argv[0]));
}

const struct command cmd_keygen = {
    .name = "keygen",
    .args = "FILE",
    .help = "Makes a private key and prints the public key to hand in.",
    .run = run,
};
