#ifndef EVOTE_PAGE_H
#define EVOTE_PAGE_H

#include <stdio.h>

#include "server/audit/book.h"
#include "server/audit/findings.h"

/* What an audit has seen and found: a page for the minutes. */
struct page {
	const char *path; /* the data directory */
	const struct book *book;
	struct findings *findings;
	uint64_t records;
	uint64_t accepted; /* known to be, at least */
	unsigned char root[32];
	uint64_t signatures; /* verified */
	uint64_t replayed;   /* records; fewer than all after damage */
	/* A checkpoint that was compared; NULL for none. */
	const char *checkpoint; /* the file */
	uint64_t checkpoint_size;
	const char *signers; /* who signed it, or that nobody was asked about */
	const char *unchecked; /* which of its signatures "were", or NULL */
};

void page_text(FILE *, const struct page *);
void page_json(FILE *, const struct page *);

#endif
