#include "common/private.h"

#include <sys/stat.h>
#include <stddef.h>

const char *
private_doubt(const char *path, uid_t owner, int readable)
{
	struct stat st;

	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return (NULL);
	if (st.st_uid != owner && st.st_uid != 0)
		return ("belongs to another user");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return ("can be changed by other users");
	if (st.st_mode & (S_IRGRP | S_IROTH) && !readable)
		return ("can be read by other users");
	return (NULL);
}
