#include <stdio.h>
#include <string.h>

#include "client/cmd.h"
#include "client/json.h"
#include "client/say.h"
#include "client/secret.h"
#include "common/seal.h"

/* Only the key goes to standard output, for $(evote_client keygen FILE). */
static int
made_say(struct client *c, const char *path, const char *public, int locked)
{
	if (c->json != NULL) {
		json_text(c->json, "public_key", public);
		json_flag(c->json, "passphrase", locked);
		return (say_done(c, "The private key is in %s", path));
	}
	puts(public);
	say_aside("The private key is in %s, for nobody else to see; hand in "
		  "the public key above.",
	    path);
	if (!locked)
		say_aside("It has no passphrase: whoever can read the file can "
			  "vote with it.");
	return (EXIT_DONE);
}

static int
run(struct client *c, void *own, int argc, char **argv)
{
	unsigned char public[SEAL_KEY];
	char base64[4 * ((SEAL_KEY + 2) / 3) + 1], err[1024];
	char pass[PASSPHRASE_MAX] = "";
	struct seal_key *key = NULL;
	int locked;

	if (secret_choose(c, pass, sizeof(pass), err, sizeof(err)) == 0)
		key = seal_key_make_locked(
		    argv[0], pass[0] != '\0' ? pass : NULL, err, sizeof(err));
	locked = pass[0] != '\0';
	explicit_bzero(pass, sizeof(pass));
	if (key == NULL)
		return (say_usage(c, "no key was made: %s", err));
	seal_key_public(key, public);
	seal_key_free(key);
	seal_base64(base64, public, sizeof(public));
	return (made_say(c, argv[0], base64, locked));
}

const struct command cmd_keygen = {
    .name = "keygen",
    .args = "FILE",
    .help = "Makes a private key and prints the public key to hand in. The "
	    "file gets a passphrase, which is asked for on a terminal; empty: "
	    "none.",
    .run = run,
};
