#ifndef EVOTE_DESCRIPTOR_H
#define EVOTE_DESCRIPTOR_H

/*
 * Numbers of descriptors.  When a process dies Linux closes its descriptors one
 * by one, those with the highest numbers first; with thousands of clients that
 * takes a tenth of a second.  The other host must not wait for so long to learn
 * of it, nor clients knock at a door behind which nobody is.  This is no
 * promise of the kernel's: in another order it is only later.
 */
#define DESCRIPTORS_MAX 16384 /* more would only take memory */

/*
 * The same with one of the highest numbers that this process may use, closed
 * early when it dies; or, without a free one, what was given.  -1 stays -1.
 */
int descriptor_high(int fd);

#endif
