#ifndef DATAPLANE_FIB_GATHER_H
#define DATAPLANE_FIB_GATHER_H

/**
 * @file
 * The first two levels of the FIB for eight addresses at a time, with AVX2 gathers, and its widest
 * routes.
 *
 * A gather keeps more cache misses in flight than scalar code of the same work: with a million
 * routes and random addresses it takes about half the time (bench_dp_fib). Each element of a
 * gather is an ordinary load of an aligned word, so that readers see what scalar loads would.
 *
 * Where gathers are slow (some processors, and those whose microcode mitigates gather data
 * sampling) the scalar code is better: the first dp_fib_create() of a process times both.
 */

#include <stdbool.h>
#include <stdint.h>

/* A thread sanitizer sees no gathers: its builds use the scalar code. */
#if defined(__AVX2__) && !defined(__SANITIZE_THREAD__)
#define FIB_HAS_GATHER 1
#include <immintrin.h>
#else
#define FIB_HAS_GATHER 0
#endif

#define FIB_GATHER_LANES 8U

struct dp_fib;

/**
 * Times lookups with and without gathers. Control thread.
 *
 * @param fib an empty table that nobody else uses; has routes afterwards
 */
bool fib_gather_is_faster(struct dp_fib *fib);

#if FIB_HAS_GATHER
/**
 * Looks up FIB_GATHER_LANES addresses.
 *
 * @param root entries of the first level
 * @param base start of the arena that chunks lie in, in units of 64 bytes
 * @param entry receives the entries found
 * @return one bit per address whose entry leads to a leaf
 */
static inline unsigned fib_gather(const uint32_t *root, const char *base, const uint32_t *addr,
				  uint32_t *entry)
{
	const __m256i index_mask = _mm256_set1_epi32(0x3ffffff), byte = _mm256_set1_epi32(0xff);
	__m256i addrs = _mm256_loadu_si256((const __m256i *)addr);
	__m256i found = _mm256_i32gather_epi32((const int *)root, _mm256_srli_epi32(addrs, 16), 4);
	__m256i chunk = _mm256_slli_epi32(_mm256_and_si256(found, index_mask), 4);
	__m256i slot = _mm256_and_si256(_mm256_srli_epi32(addrs, 8), byte);

	/* The mask is the top bit of each entry, which says that it has a chunk. */
	found = _mm256_mask_i32gather_epi32(found, (const int *)base, _mm256_add_epi32(chunk, slot),
					    found, 4);
	_mm256_storeu_si256((__m256i *)entry, found);
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(found));
}

/** Leaves of an address the bits that choose one of FIB_GATHER_LANES entries. */
#define FIB_GATHER_WIDE_SHIFT 29

/**
 * Puts wide routes where FIB_GATHER_LANES entries are 0, and takes from all what mask leaves. No
 * gather: the eight routes fit in a register, and each is an aligned word in it.
 */
static inline void fib_gather_wide(const uint32_t wide[FIB_GATHER_LANES], const uint32_t *addr,
				   uint32_t *entry, uint32_t mask)
{
	__m256i addrs = _mm256_loadu_si256((const __m256i *)addr);
	__m256i found = _mm256_loadu_si256((const __m256i *)entry);
	__m256i covers = _mm256_permutevar8x32_epi32(
		_mm256_loadu_si256((const __m256i *)wide),
		_mm256_srli_epi32(addrs, FIB_GATHER_WIDE_SHIFT));
	__m256i none = _mm256_cmpeq_epi32(found, _mm256_setzero_si256());

	found = _mm256_blendv_epi8(found, covers, none);
	_mm256_storeu_si256((__m256i *)entry,
			    _mm256_and_si256(found, _mm256_set1_epi32((int)mask)));
}
#endif

#endif
