#ifndef DATAPLANE_OWN_FILTER_H
#define DATAPLANE_OWN_FILTER_H

/**
 * @file
 * Whether an IPv4 address may be one of the router's own: a Bloom filter (Bloom 1970) of three
 * words with one bit per address each, small enough to be asked for every source. With 4 addresses
 * it takes 0.2 % of all others for one of them, with 8 1 %; those cost a look into the FIB.
 */

#include "dataplane/dp_route.h"

#include <stdbool.h>
#include <stdint.h>

#define OWN_FILTER_WORDS DP_OWN_FILTER_WORDS
/** Bits of the hash that choose the bit of a word. */
#define OWN_FILTER_INDEX_BITS 5
/** 2^32 divided by the golden ratio, odd: spreads addresses of any prefix (Knuth, TAOCP 6.4). */
#define OWN_FILTER_FACTOR 0x9e3779b1U

/** The bit of word number word for a hash, which is the address in packet order * FACTOR. */
static inline uint32_t own_filter_index(uint32_t hash, unsigned word)
{
	return hash << word * OWN_FILTER_INDEX_BITS >> (32 - OWN_FILTER_INDEX_BITS);
}

/** False for every address that is not the router's, but for a few. addr: in packet order. */
static inline bool own_filter_has(const struct dp_own_filter *filter, uint32_t addr)
{
	uint32_t hash = addr * OWN_FILTER_FACTOR, bits = 1;

	for (unsigned i = 0; i < OWN_FILTER_WORDS; i++)
		bits &= filter->word[i] >> own_filter_index(hash, i);
	return bits != 0;
}

#endif
