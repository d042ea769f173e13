#ifndef TESTS_CONTROL_PARITY_RANDOM_H
#define TESTS_CONTROL_PARITY_RANDOM_H

/* The parity tests' choices: the same after the same seed. */

#include <stdint.h>

static uint64_t random_state;

static inline unsigned pick(unsigned n)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(random_state >> 33) % n;
}

#endif
