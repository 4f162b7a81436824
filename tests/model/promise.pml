/*
 * What both models share: a ledger as one number, and the promise.
 *
 * A record is (reign, operation), 5 bits.  A reign begins when a host
 * establishes; operation 0 is its first record, the EPOCH record.  A ledger is
 * up to 6 records side by side, the oldest lowest.  So a prefix is its own root,
 * and comparing roots is comparing numbers.
 */
#define LOG_MAX		6
#define RECORD(r, op)	((r) << 2 | (op))
#define PREFIX(l, n)	((l) & ((1 << (n) * 5) - 1))
#define TAIL(l, n)	((l) & ~((1 << (n) * 5) - 1))
#define AT(l, i)	((l) >> (i) * 5 & 31)
#define REIGN_AT(l, i)	(AT(l, i) >> 2)
#define OP_AT(l, i)	(AT(l, i) & 3)
#define EQUAL(a, b, n)	(PREFIX((a) ^ (b), n) == 0)
#define MIN(a, b)	((a) < (b) -> (a) : (b))
#define MAX(a, b)	((a) > (b) -> (a) : (b))

int told;	/* the records of which anyone was told, in their order, */
byte told_size;	/* how many, */
byte told_ops;	/* and their operations, as bits */
byte served;	/* the latest reign in which anyone was told anything */
int written;	/* epochs in which somebody has led, as bits */
byte n;	/* scratch */
int scratch;

/* How many records two ledgers have in common, into n. */
inline count_common(one_, other_)
{
	n = 0;
	do
	:: n < LOG_MAX && AT(one_, n) != 0 && AT(one_, n) == AT(other_, n) ->
		n++
	:: else -> break
	od
}

/* I7: nobody begins to write in an epoch that had a writer. */
inline writer_check(epoch_)
{
	assert(!(written & 1 << (epoch_)));
	written = written | 1 << (epoch_)
}

/*
 * Somebody learns that the first `size_` records of a ledger count.  I1, I2:
 * what was told before is among them, in its place.  I4: none of the new ones
 * is older than a reign that has served without it.  I5: none comes twice.
 */
inline tell(ledger_, size_, reign_)
{
	assert(EQUAL(ledger_, told, MIN(size_, told_size)));
	n = told_size;
	do
	:: told_size < size_ ->
		assert(REIGN_AT(ledger_, told_size) >= served);
		assert(OP_AT(ledger_, told_size) == 0 ||
		    !(told_ops & 1 << OP_AT(ledger_, told_size)));
		told_ops = told_ops | 1 << OP_AT(ledger_, told_size);
		told_size++
	:: else -> break
	od;
	if
	:: told_size > n ->
		told = PREFIX(ledger_, size_);
		served = MAX(served, reign_)
	:: else
	fi;
	n = 0
}

/* 20: what is signed was told, and so it stays.  Signing changes nothing. */
inline sign(ledger_, size_)
{
	assert(size_ <= told_size && EQUAL(ledger_, told, size_))
}

/* I3: does a ledger hold all that anyone has been told by now? */
#define FRESH(l, size)	((size) >= told_size && EQUAL(l, told, told_size))
