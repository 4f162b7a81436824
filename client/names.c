#include "client/names.h"

#include "common/text.h"

int
names_take(void *at, const char *value, char *err, size_t errlen)
{
	struct names *names = at;
	char *name, why[200];

	if (names->n == EVOTE_CHOICES_MAX)
		return (text_why(err, errlen, "it is given more than %u times",
		    EVOTE_CHOICES_MAX));
	name = names->texts[names->n];
	names->list[names->n++] = name;
	if (text_tidy(name, EVOTE_NAME_MAX, value, why, sizeof(why)) == 0)
		return (0);
	return (text_why(err, errlen, "the name %s", why));
}
