/* Record marking: bytes in pieces of any length, as a socket gives them. */
#include "common/rpc/stream.h"
#include "fuzz.h"

#define MOST 4096

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t piece = len > 0 ? 1 + data[0] : 1, at = 0, n;
	struct inbox in = {0};
	enum record_state state;
	unsigned char *rec;
	uint32_t size, sum = 0;

	for (;;) {
		while ((state = inbox_next(&in, MOST, &rec, &size)) ==
		    RECORD_WHOLE) {
			assert(size <= MOST);
			for (uint32_t i = 0; i < size; i++)
				sum += rec[i];
		}
		if (state == RECORD_BAD || at == len)
			break;
		assert(inbox_room(&in, MOST) == 0 && in.end < in.cap);
		/* Space grows with what has come. */
		assert(in.cap <= 4 * MOST + 65536);
		n = len - at < piece ? len - at : piece;
		n = n < in.cap - in.end ? n : in.cap - in.end;
		memcpy(in.data + in.end, data + at, n);
		in.end += n;
		at += n;
	}
	inbox_clear(&in);
	return (sum == 1 && len == 0);
}
