#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "common/seal.h"
#include "common/thread.h"
#include "replica/arbiter/etcd.h"
#include "replica/arbiter/etcd_txn.h"
#include "replica/arbiter/witness.h"
#include "replica/core/config.h"

/* An answer that takes longer is of no use: the host asks again. */
#define CONNECT_MS 300
#define ASK_MS	   700
#define URLS_MAX   8
#define URL_MAX	   300
#define TXN_PATH   "/v3/kv/txn"

/* Taken apart. */
struct where {
	int n;
	char urls[URLS_MAX][URL_MAX];
	char key[ETCD_KEY_MAX + 1];
};

struct question {
	bool is;
	char where[EVOTE_TEXT_MAX + 1];
	evote_decide d;
	evote_config next; /* d.next, if there is one */
};

struct answer {
	bool is;
	char where[EVOTE_TEXT_MAX + 1];
	evote_decided decided;
};

struct etcd {
	pthread_t thread;
	pthread_mutex_t lock; /* question, answer, stopping */
	pthread_cond_t wake;
	struct question question;
	struct answer answer;
	bool stopping;
	int fd;
	unsigned char key[32];
	char self[EVOTE_HOST_MAX + 1];
	/* The thread's own. */
	CURL *curl;
	struct where place;
	int at;	      /* the member that answered last */
	bool failing; /* logged already */
	size_t len;
	char reply[ETCD_REPLY_MAX];
};

/* ---- where ---- */

static int
url_is_good(const char *url)
{
	CURLU *u = curl_url();
	int good = u != NULL && strlen(url) < URL_MAX - sizeof(TXN_PATH) &&
	    (strncmp(url, "http://", 7) == 0 ||
		strncmp(url, "https://", 8) == 0) &&
	    curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK;

	curl_url_cleanup(u);
	return (good);
}

static int
urls_read(struct where *p, char *urls)
{
	char *rest = urls, *url;

	while ((url = strsep(&rest, ",")) != NULL) {
		size_t len = strlen(url);

		if (len > 0 && url[len - 1] == '/')
			url[len - 1] = '\0';
		if (p->n == URLS_MAX || !url_is_good(url))
			return (-1);
		snprintf(p->urls[p->n++], URL_MAX, "%s", url);
	}
	return (0);
}

/* An empty key stands for none given. */
static int
place_read(struct where *p, const char *where)
{
	char text[EVOTE_TEXT_MAX + 1], *key = text;

	memset(p, 0, sizeof(*p));
	if (strlen(where) >= sizeof(text))
		return (-1);
	strcpy(text, where);
	strsep(&key, " ");
	if (key != NULL) {
		if (strlen(key) > ETCD_KEY_MAX || strchr(key, ' ') != NULL)
			return (-1);
		strcpy(p->key, key);
	}
	return (urls_read(p, text));
}

int
etcd_where(const char *where, const char cluster[16], char *full, char *err,
    size_t errlen)
{
	struct where p;
	char id[33];
	int len;

	if (place_read(&p, where) == -1) {
		snprintf(err, errlen,
		    "URL[,URL...] [KEY] names an etcd: up to %d addresses that "
		    "begin with http:// or https://, and a key without spaces",
		    URLS_MAX);
		return (-1);
	}
	seal_hex(id, cluster, 16);
	len = snprintf(full, EVOTE_TEXT_MAX + 1, "%.*s %s%s",
	    (int)strcspn(where, " "), where, p.key[0] == '\0' ? "evote/" : "",
	    p.key[0] == '\0' ? id : p.key);
	if (len <= EVOTE_TEXT_MAX)
		return (0);
	snprintf(err, errlen, "this is too long by %d", len - EVOTE_TEXT_MAX);
	return (-1);
}

/* ---- one transaction ---- */

static size_t
on_data(char *data, size_t size, size_t n, void *arg)
{
	struct etcd *e = arg;

	if (n > sizeof(e->reply) - e->len)
		return (0);
	memcpy(e->reply + e->len, data, n);
	e->len += n;
	return (n);
}

static int
curl_open(struct etcd *e)
{
	CURL *c = e->curl = curl_easy_init();

	if (c == NULL)
		return (-1);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)ASK_MS);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, e);
	return (0);
}

/* Said when it begins, and when it is over. */
static void
failing_set(struct etcd *e, const char *why)
{
	if (why != NULL && !e->failing)
		log_alarm("etcd url=%s why=\"%s\"", e->place.urls[e->at], why);
	else if (why == NULL && e->failing)
		log_info("etcd url=%s answers=1", e->place.urls[e->at]);
	e->failing = why != NULL;
}

/* -1: no answer, and what became of the request is not known. */
static int
transact(struct etcd *e, char *body, struct etcd_held *held)
{
	char url[URL_MAX];
	const char *why = NULL;
	CURLcode rc;

	snprintf(url, sizeof(url), "%s" TXN_PATH, e->place.urls[e->at]);
	curl_easy_setopt(e->curl, CURLOPT_URL, url);
	curl_easy_setopt(e->curl, CURLOPT_POSTFIELDS, body);
	e->len = 0;
	rc = curl_easy_perform(e->curl);
	if (rc != CURLE_OK)
		why = curl_easy_strerror(rc);
	else if (etcd_txn_answer(
		     e->key, e->place.key, e->reply, e->len, held) == -1)
		why =
		    "what is under the key is no configuration of this cluster";
	failing_set(e, why);
	if (why != NULL)
		e->at = (e->at + 1) % e->place.n;
	free(body);
	return (why == NULL ? 0 : -1);
}

static bool
is_stopping(struct etcd *e)
{
	bool yes;

	pthread_mutex_lock(&e->lock);
	yes = e->stopping;
	pthread_mutex_unlock(&e->lock);
	return (yes);
}

/* Of whichever member answers. */
static int
read_held(struct etcd *e, struct etcd_held *held)
{
	for (int i = 0; i < e->place.n && !is_stopping(e); i++)
		if (transact(e, etcd_txn_read(e->place.key), held) == 0)
			return (0);
	return (-1);
}

/*
 * The rules of a witness, on what etcd holds; but what they change is a
 * proposal until the swap says that nothing else was written meanwhile.
 * Without an answer to that nobody knows, and the question, asked again,
 * finds out by reading.
 */
static int
decide(struct etcd *e, const evote_decide *d, evote_decided *out)
{
	struct etcd_held held;

	if (read_held(e, &held) == -1)
		return (-1);
	for (;;) {
		struct witness w = {.k = held.k};
		int changed = witness_decide(&w, e->self, 0, d, out);

		config_clear(&w.k);
		if (!changed)
			return (0);
		if (is_stopping(e) ||
		    transact(e,
			etcd_txn_swap(
			    e->key, e->place.key, held.revision, d->next),
			&held) == -1) {
			config_clear(&out->config);
			return (-1);
		}
		if (held.what == ETCD_SWAPPED)
			return (0);
		config_clear(&out->config);
	}
}

/* ---- the thread ---- */

static void
question_clear(struct question *q)
{
	if (q->is && q->d.next != NULL)
		config_clear(&q->next);
	q->is = false;
}

/* False: to end. */
static bool
question_take(struct etcd *e, struct question *q)
{
	bool go;

	pthread_mutex_lock(&e->lock);
	while (!e->question.is && !e->stopping)
		pthread_cond_wait(&e->wake, &e->lock);
	go = !e->stopping;
	if (go) {
		*q = e->question;
		e->question.is = false;
	}
	pthread_mutex_unlock(&e->lock);
	if (go && q->d.next != NULL)
		q->d.next = &q->next;
	return (go);
}

static void
answer_give(struct etcd *e, const char *where, const evote_decided *decided)
{
	const uint64_t one = 1;

	pthread_mutex_lock(&e->lock);
	if (e->answer.is)
		config_clear(&e->answer.decided.config);
	e->answer.is = true;
	e->answer.decided = *decided;
	strcpy(e->answer.where, where);
	pthread_mutex_unlock(&e->lock);
	(void)!write(e->fd, &one, sizeof(one));
}

static void *
work(void *arg)
{
	struct etcd *e = arg;
	char where[EVOTE_TEXT_MAX + 1] = "";
	evote_decided decided;
	struct question q;

	while (question_take(e, &q)) {
		if (strcmp(where, q.where) != 0) {
			strcpy(where, q.where);
			e->at = 0;
			e->failing = false;
			if (place_read(&e->place, where) == -1)
				e->place.n = 0;
		}
		memset(&decided, 0, sizeof(decided));
		if (decide(e, &q.d, &decided) == 0)
			answer_give(e, where, &decided);
		question_clear(&q);
	}
	return (NULL);
}

/* ---- from outside ---- */

static void
etcd_free(struct etcd *e)
{
	if (e->answer.is)
		config_clear(&e->answer.decided.config);
	question_clear(&e->question);
	curl_easy_cleanup(e->curl);
	curl_global_cleanup();
	if (e->fd != -1)
		close(e->fd);
	pthread_cond_destroy(&e->wake);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

struct etcd *
etcd_start(const unsigned char cluster_key[32], const char *self)
{
	struct etcd *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return (NULL);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->wake, NULL);
	memcpy(e->key, cluster_key, sizeof(e->key));
	snprintf(e->self, sizeof(e->self), "%s", self);
	e->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK && e->fd != -1 &&
	    curl_open(e) == 0 && thread_start(&e->thread, work, e) == 0)
		return (e);
	log_alarm("etcd why=\"no memory, thread or descriptor for it\"");
	etcd_free(e);
	return (NULL);
}

/* Waits for a transaction under way: ASK_MS at the most. */
void
etcd_stop(struct etcd *e)
{
	if (e == NULL)
		return;
	pthread_mutex_lock(&e->lock);
	e->stopping = true;
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	etcd_free(e);
}

int
etcd_fd(struct etcd *e)
{
	return (e->fd);
}

void
etcd_ask(struct etcd *e, const char *where, const evote_decide *d)
{
	struct question *q = &e->question;

	pthread_mutex_lock(&e->lock);
	question_clear(q);
	q->is = true;
	q->d = *d;
	if (d->next != NULL)
		config_copy(&q->next, d->next);
	snprintf(q->where, sizeof(q->where), "%s", where);
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
}

int
etcd_next(struct etcd *e, char *where, evote_decided *out)
{
	struct answer *a = &e->answer;
	uint64_t unused;
	int is;

	(void)!read(e->fd, &unused, sizeof(unused));
	pthread_mutex_lock(&e->lock);
	is = a->is;
	if (is) {
		strcpy(where, a->where);
		*out = a->decided;
		a->is = false;
	}
	pthread_mutex_unlock(&e->lock);
	return (is);
}
