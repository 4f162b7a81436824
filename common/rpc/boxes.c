#include "common/rpc/boxes.h"

#include <string.h>

static int
boxes_read(BIO *bio, char *buf, int size)
{
	struct boxes *b = BIO_get_data(bio);
	size_t n = outbox_size(&b->in);

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return (-1);
	}
	if (n > (size_t)size)
		n = (size_t)size;
	memcpy(buf, b->in.data + b->in.start, n);
	outbox_sent(&b->in, n);
	return ((int)n);
}

static int
boxes_write(BIO *bio, const char *buf, int len)
{
	struct boxes *b = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	return (outbox_add(&b->out, buf, (size_t)len) == -1 ? -1 : len);
}

static long
boxes_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	return (cmd == BIO_CTRL_FLUSH);
}

static int
boxes_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return (1);
}

BIO_METHOD *
boxes_method(void)
{
	BIO_METHOD *method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "boxes");

	if (method == NULL)
		return (NULL);
	BIO_meth_set_create(method, boxes_create);
	BIO_meth_set_read(method, boxes_read);
	BIO_meth_set_write(method, boxes_write);
	BIO_meth_set_ctrl(method, boxes_ctrl);
	return (method);
}

BIO *
boxes_bio(const BIO_METHOD *method, struct boxes *b)
{
	BIO *bio = BIO_new(method);

	if (bio != NULL)
		BIO_set_data(bio, b);
	return (bio);
}
