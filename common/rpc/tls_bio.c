#include "common/rpc/tls_bio.h"

#include <string.h>

static int
bio_read(BIO *bio, char *buf, int size)
{
	struct tls_bio *b = BIO_get_data(bio);
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
bio_write(BIO *bio, const char *buf, int len)
{
	struct tls_bio *b = BIO_get_data(bio);

	BIO_clear_retry_flags(bio);
	return (outbox_add(&b->out, buf, (size_t)len) == -1 ? -1 : len);
}

static long
bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	return (cmd == BIO_CTRL_FLUSH);
}

static int
bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return (1);
}

BIO_METHOD *
tls_bio_method(void)
{
	BIO_METHOD *method =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tls_bio");

	if (method == NULL)
		return (NULL);
	BIO_meth_set_create(method, bio_create);
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
	return (method);
}

BIO *
tls_bio_new(const BIO_METHOD *method, struct tls_bio *b)
{
	BIO *bio = BIO_new(method);

	if (bio != NULL)
		BIO_set_data(bio, b);
	return (bio);
}
