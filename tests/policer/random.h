#ifndef TESTS_POLICER_RANDOM_H
#define TESTS_POLICER_RANDOM_H

/**
 * @file
 * Reproducible random numbers and the sizes of randomised tests.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define TEST_PKTS_DEFAULT 300000ULL
#else
#define TEST_PKTS_DEFAULT 10000000ULL
#endif

static uint64_t random_state;

static inline uint64_t env_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

/* Seeds from SLUICE_TEST_SEED and says so: a failure can be repeated. */
static inline void random_seed(const char *test)
{
	random_state = env_number("SLUICE_TEST_SEED", 20260521);
	printf("%s: SLUICE_TEST_SEED=%llu\n", test, (unsigned long long)random_state);
}

/* SplitMix64's recurrence: every seed, 0 included, gives a full-period sequence. */
static inline uint64_t random_u64(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Uniform in [low, high]. */
static inline uint64_t random_in(uint64_t low, uint64_t high)
{
	return low + random_u64() % (high - low + 1);
}

/* About log-uniform in [low, high], low >= 1: every power of two is equally likely. */
static inline uint64_t random_log(uint64_t low, uint64_t high)
{
	unsigned low_bits = 63U - (unsigned)__builtin_clzll(low);
	unsigned high_bits = 63U - (unsigned)__builtin_clzll(high);
	unsigned bits = (unsigned)random_in(low_bits, high_bits);
	uint64_t value = (1ULL << bits) + (random_u64() & ((1ULL << bits) - 1));

	return value < low ? low : value > high ? high : value;
}

#endif
