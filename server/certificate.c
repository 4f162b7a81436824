#include "server/certificate.h"

#include "common/log.h"

struct tls_server *
certificate_make(const struct conf *conf, const unsigned char cluster_key[32])
{
	const struct host *self = &conf->hosts.list[conf->self];
	const char *names[] = {self->name, self->address};
	char pin[TLS_PIN];

	tls_pin(cluster_key, pin);
	log_info("tls pin=%s plain=%s", pin,
	    conf->tls_required ? "refused" : "allowed");
	return (tls_server_new(cluster_key, names, 2));
}
