#include "dataplane/fib_gather.h"

#include "dataplane/dp_fib.h"

#include <rte_cycles.h>

#define ADDRS 32U
#define TRIALS 200U /* the fastest counts: interrupts and cold caches only add */

#if FIB_HAS_GATHER
static uint64_t fastest_burst_tsc(struct dp_fib *fib, bool use_gather)
{
	uint32_t addr[ADDRS], nexthop[ADDRS];
	uint64_t fastest = UINT64_MAX;

	fib->use_gather = use_gather;
	for (unsigned i = 0; i < ADDRS; i++)
		addr[i] = i << 16;
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		uint64_t start = rte_rdtsc_precise(), spent;

		dp_fib_lookup_burst(fib, addr, nexthop, ADDRS);
		/* The results have to be there before the clock is read again. */
		__asm__ volatile("" : : "r"(nexthop) : "memory");
		spent = rte_rdtsc_precise() - start;
		fastest = spent < fastest ? spent : fastest;
	}
	return fastest;
}
#endif

bool fib_gather_is_faster(struct dp_fib *fib)
{
#if FIB_HAS_GATHER
	uint64_t scalar_tsc;

	/* Every address needs both levels. Without memory for that the scalar code is right, too. */
	for (uint32_t i = 0; i < ADDRS; i++) {
		if (dp_fib_add(fib, i << 16, 24, 1, NULL) < 0)
			return false;
	}
	scalar_tsc = fastest_burst_tsc(fib, false);
	return fastest_burst_tsc(fib, true) < scalar_tsc;
#else
	(void)fib;
	return false;
#endif
}
