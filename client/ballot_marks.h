#ifndef EVOTE_BALLOT_MARKS_H
#define EVOTE_BALLOT_MARKS_H

#include "evote.h"

/*
 * What people write of a ballot, as the ranks of evote.x.  Pure.
 *
 * Names are brought into their form first (text_tidy).  In a ranking `>` stands
 * before what is ranked lower and `=` before what is ranked the same, with
 * blanks around them or not: A > B = C.  A name that has one of these in it, or
 * begins with a quotation mark, stands in quotation marks, of which those in
 * the name are doubled: "A > B" > C.
 */
struct ballot_marks {
	const evote_election *election;
	unsigned char ranks[EVOTE_CHOICES_MAX]; /* zeroed before */
	char what[EVOTE_NAME_MAX + 1];		/* that is wrong, or "" */
};

/*
 * Each returns EVOTE_R_OK, _NO_CHOICE (what is "" where a name should be and
 * none is), _CHOSEN_TWICE, or _MALFORMED: it is nothing of this kind.
 */

/* One more choice of a ballot that has several. */
evote_reason ballot_marks_pick(struct ballot_marks *, const char *name);
evote_reason ballot_marks_ranking(struct ballot_marks *, const char *text);
/*
 * The same by the choices' numbers, from 1: "3 1 2".  In a ranking a blank or a
 * comma means `>`.
 */
evote_reason ballot_marks_numbers(
    struct ballot_marks *, const char *text, int ranked);

/*
 * What was understood: "A, C", or "A > B = C".  Of several, a name that could
 * be taken for two is quoted as above.
 */
void ballot_marks_text(
    const struct ballot_marks *, int ranked, char *out, size_t size);

#endif
