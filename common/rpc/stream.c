#include "common/rpc/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/*
 * Enough for most calls and answers, and so little that malloc has one at hand:
 * for more than a kilobyte it tidies up each time.
 */
#define BUF_MIN 1000u

bool
inbox_empty(const struct inbox *in)
{
	return (!in->open && in->raw == in->end);
}

void
inbox_clear(struct inbox *in)
{
	free(in->data);
	memset(in, 0, sizeof(*in));
}

static enum record_state
inbox_mark(struct inbox *in, uint32_t max)
{
	uint32_t mark;

	if (in->end - in->raw < STREAM_MARK)
		return (RECORD_MORE);
	memcpy(&mark, in->data + in->raw, STREAM_MARK);
	mark = ntohl(mark);
	in->raw += STREAM_MARK;
	if (!in->open) {
		in->open = true;
		in->base = in->rec = in->raw;
	}
	in->last = mark & STREAM_LAST;
	in->fragment = mark & ~STREAM_LAST;
	if (in->fragment > max - (in->rec - in->base))
		return (RECORD_BAD);
	return (RECORD_WHOLE);
}

enum record_state
inbox_next(struct inbox *in, uint32_t max, unsigned char **rec, uint32_t *len)
{
	enum record_state state;
	size_t n;

	for (;;) {
		n = in->end - in->raw;
		if (n > in->fragment)
			n = in->fragment;
		/* Only a record of several fragments has to move. */
		if (in->rec != in->raw)
			memmove(in->data + in->rec, in->data + in->raw, n);
		in->rec += n;
		in->raw += n;
		in->fragment -= n;
		if (in->fragment > 0)
			return (RECORD_MORE);
		if (in->open && in->last)
			break;
		state = inbox_mark(in, max);
		if (state != RECORD_WHOLE)
			return (state);
	}
	*rec = in->data + in->base;
	*len = in->rec - in->base;
	in->open = in->last = false;
	in->base = in->rec = in->raw;
	return (RECORD_WHOLE);
}

int
inbox_room(struct inbox *in, uint32_t max)
{
	size_t head = in->rec - in->base, tail = in->end - in->raw, cap;
	unsigned char *data;

	if (in->base > 0)
		memmove(in->data, in->data + in->base, head);
	if (tail > 0)
		memmove(in->data + head, in->data + in->raw, tail);
	in->base = 0;
	in->rec = in->raw = head;
	in->end = head + tail;
	if (in->end < in->cap)
		return (0);
	cap = in->cap == 0 ? BUF_MIN : in->cap * 4;
	if (cap > max + BUF_MIN)
		cap = max + BUF_MIN;
	assert(cap > in->end); /* inbox_next left no more than a record */
	data = realloc(in->data, cap);
	if (data == NULL)
		return (-1);
	in->data = data;
	in->cap = cap;
	return (0);
}

size_t
outbox_size(const struct outbox *out)
{
	return (out->end - out->start);
}

int
outbox_add(struct outbox *out, const void *bytes, size_t len)
{
	size_t cap, size = outbox_size(out);
	unsigned char *data;

	/* Moving less than has left keeps the cost per byte constant. */
	if (out->start > 0 && size <= out->start) {
		memcpy(out->data, out->data + out->start, size);
		out->start = 0;
		out->end = size;
	}
	if (len > out->cap - out->end) {
		cap = out->cap == 0 ? BUF_MIN : out->cap * 2;
		if (cap < out->end + len)
			cap = out->end + len;
		data = realloc(out->data, cap);
		if (data == NULL)
			return (-1);
		out->data = data;
		out->cap = cap;
	}
	memcpy(out->data + out->end, bytes, len);
	out->end += len;
	return (0);
}

void
outbox_clear(struct outbox *out)
{
	free(out->data);
	memset(out, 0, sizeof(*out));
}

void
outbox_sent(struct outbox *out, size_t n)
{
	out->start += n;
	if (out->start == out->end)
		outbox_clear(out);
}
