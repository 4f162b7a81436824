/* A voters' roll as some spreadsheet wrote it. */
#include "client/roll/roll.h"
#include "common/text.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len), err[600];
	const struct roll_options options = {.shared_keys = 1};
	struct roll roll = {0};

	if (roll_read(&roll, &options, text, len, err, sizeof(err)) == 0) {
		for (uint32_t i = 0; i < roll.n; i++)
			assert(
			    text_is_name(roll.voters[i].name, EVOTE_NAME_MAX) &&
			    text_is_name(roll.voters[i].group, EVOTE_NAME_MAX));
		roll_clear(&roll);
	} else
		assert(strlen(err) > 0);
	free(text);
	return (0);
}
