#include "common/options_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/nearest.h"
#include "common/text.h"

/* A file that is being read. */
struct reading {
	const struct option_row *table;
	void *to;
	uint32_t told; /* before */
	uint32_t set;  /* by this file */
	char *err;
	size_t errlen;
};

/* Without blanks and line ends around it, whoever's they are. */
static char *
trim(char *s)
{
	static const char blanks[] = " \t\r\n\v\f";
	size_t len;

	s += strspn(s, blanks);
	len = strlen(s);
	while (len > 0 && strchr(blanks, s[len - 1]) != NULL)
		s[--len] = '\0';
	return (s);
}

/* The option of that name that a file may set, or NULL, told. */
static const struct option_row *
key_find(struct reading *r, const char *key)
{
	struct nearest near = {.typed = key};
	const struct option_row *o;

	for (o = r->table; o->name != NULL; o++) {
		if (strcmp(o->name, key) == 0)
			break;
		if (!o->by_hand)
			nearest_try(&near, o->name);
	}
	if (o->name != NULL && !o->by_hand)
		return (o);
	if (o->name != NULL) {
		text_why(r->err, r->errlen,
		    "%s is for the command line only, as --%s", key, key);
		return (NULL);
	}
	text_why(r->err, r->errlen, "no option is named \"%s\"%s", key,
	    nearest_ask(&near));
	return (NULL);
}

/* A value; of a flag "yes" or "no". */
static int
value_take(struct reading *r, const struct option_row *o, const char *value)
{
	uint32_t bit = 1u << (o - r->table);
	char why[600];

	if (o->arg == NULL && strcmp(value, "yes") != 0 &&
	    strcmp(value, "no") != 0)
		return (
		    text_why(r->err, r->errlen, "%s is yes or no", o->name));
	if ((r->told & bit) != 0)
		return (0);
	if ((r->set & bit) != 0)
		return (text_why(
		    r->err, r->errlen, "%s stands here twice", o->name));
	r->set |= bit;
	if (o->arg == NULL && strcmp(value, "no") == 0)
		return (0);
	if (options_take(o, r->to, value, why, sizeof(why)) == 0)
		return (0);
	return (text_why(r->err, r->errlen, "%s", why + strlen("--")));
}

static int
line_take(struct reading *r, char *line)
{
	const struct option_row *o;
	char *key, *value;

	line[strcspn(line, "#")] = '\0';
	key = trim(line);
	if (*key == '\0')
		return (0);
	value = strchr(key, '=');
	if (value == NULL)
		return (text_why(r->err, r->errlen,
		    "want \"option = value\", not \"%s\"", key));
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	if (strncmp(key, "--", 2) == 0)
		return (text_why(r->err, r->errlen,
		    "in a file the option is \"%s\"", key + 2));
	if ((o = key_find(r, key)) == NULL)
		return (-1);
	if (value[0] == '"' || value[0] == '\'')
		return (text_why(
		    r->err, r->errlen, "write %s without quotes", value));
	return (value_take(r, o, value));
}

/* The line at `text`, which ends there with a NUL; *next is behind it. */
static int
line_cut(struct reading *r, char *text, char *end, char **next)
{
	char *stop = memchr(text, '\n', (size_t)(end - text));

	if (stop == NULL)
		stop = end;
	*next = stop < end ? stop + 1 : end;
	*stop = '\0';
	if (strlen(text) == (size_t)(stop - text))
		return (0);
	return (text_why(
	    r->err, r->errlen, "not plain text: save the file as UTF-8"));
}

static int
lines_take(struct reading *r, const char *path, char *text, size_t len)
{
	char *next, *end = text + len, why[700], *err = r->err;
	size_t errlen = r->errlen;
	int rc = 0, number = 0;

	r->err = why;
	r->errlen = sizeof(why);
	/* The byte-order mark that some editors begin a file with. */
	if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	for (; rc == 0 && text < end; text = next) {
		number++;
		if ((rc = line_cut(r, text, end, &next)) == 0)
			rc = line_take(r, text);
	}
	if (rc != 0)
		text_why(err, errlen, "%.400s line %d: %s", path, number, why);
	return (rc);
}

int
options_file(const struct option_row *table, void *to, const char *path,
    uint32_t *told, char **text, char *err, size_t errlen)
{
	struct reading r = {
	    .table = table,
	    .to = to,
	    .told = *told,
	    .err = err,
	    .errlen = errlen,
	};
	size_t len;

	if ((*text = file_read(path, SIZE_MAX / 2, &len)) == NULL)
		return (text_why(
		    err, errlen, "cannot read %s: %s", path, strerror(errno)));
	if (lines_take(&r, path, *text, len) != 0)
		return (-1);
	*told |= r.set;
	return (0);
}

int
options_environment(const struct option_row *table, void *to, uint32_t *told,
    char *err, size_t errlen)
{
	const struct option_row *o;
	const char *value;
	char why[600];
	uint32_t bit;

	for (o = table; o->name != NULL; o++) {
		bit = 1u << (o - table);
		if (o->env == NULL || (*told & bit) != 0 ||
		    (value = getenv(o->env)) == NULL || *value == '\0')
			continue;
		if (options_take(o, to, value, why, sizeof(why)) != 0)
			return (text_why(err, errlen, "$%s%s", o->env,
			    why + strlen("--") + strlen(o->name)));
		*told |= bit;
	}
	return (0);
}
