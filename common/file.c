#include "common/file.h"

#include <errno.h>
#include <stdio.h>

#include "common/need.h"

char *
file_read(const char *path, size_t most, size_t *len)
{
	FILE *f = fopen(path, "re");
	size_t room = 0, n = 0;
	char *text = NULL;
	int error;

	if (f == NULL)
		return (NULL);
	do {
		room = 2 * room + 4096;
		if (room > most)
			room = most;
		text = need(realloc(text, room + 1));
		n += fread(text + n, 1, room - n, f);
	} while (n == room && room < most);
	error = ferror(f) ? errno : 0;
	fclose(f);
	if (error != 0) {
		free(text);
		errno = error;
		return (NULL);
	}
	text[n] = '\0';
	*len = n;
	return (text);
}
