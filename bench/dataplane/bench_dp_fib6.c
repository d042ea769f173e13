/*
 * Lookups, updates and memory of the IPv6 FIB beside rte_fib6 (trie, scalar: EAL's default limit of
 * 256 bits keeps its AVX-512 path off), with the same routes and the same addresses. Before
 * anything is timed, both must give the same answers.
 */

#include "bench/stats.h"
#include "dataplane/dp_fib6.h"
#include "tests/dataplane/route6_mix.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib6.h>
#include <rte_lcore.h>

#define BURST 32U
#define N_HOT 256U
#define N_RANDOM (1U << 21)
#define NEXTHOPS 1000U
#define TBL8_GROUPS 400000U
#define SEED 6

/* Both sides of a comparison read the same addresses, each at its own place. */
struct side {
	void *table;
	const struct dp_ip6 *addr;
	uint32_t mask; /* number of addresses - 1 */
	uint32_t at;
};

static uint64_t run_own(void *ctx, unsigned ops)
{
	struct side *side = ctx;
	uint32_t nexthop[BURST];
	uint64_t sum = 0;

	for (unsigned i = 0; i < ops; i += BURST) {
		dp_fib6_lookup_burst(side->table, &side->addr[side->at], nexthop, BURST);
		side->at = (side->at + BURST) & side->mask;
		sum += nexthop[i % BURST];
	}
	return sum;
}

static uint64_t run_peer(void *ctx, unsigned ops)
{
	struct side *side = ctx;
	uint64_t nexthop[BURST];
	uint64_t sum = 0;

	for (unsigned i = 0; i < ops; i += BURST) {
		uint8_t addr[BURST][RTE_FIB6_IPV6_ADDR_SIZE];

		/* the function does not promise to leave them alone */
		memcpy(addr, &side->addr[side->at], sizeof(addr));
		rte_fib6_lookup_bulk(side->table, addr, nexthop, BURST);
		side->at = (side->at + BURST) & side->mask;
		sum += nexthop[i % BURST];
	}
	return sum;
}

static void report(struct bench_report *out, unsigned n, const char *what, double value,
		   const char *unit)
{
	char name[80];

	snprintf(name, sizeof(name), "%u routes, %s", n, what);
	bench_report_value(out, name, value, unit);
}

static double per_second(unsigned n, uint64_t tsc)
{
	return (double)n * (double)bench_tsc_hz() / (double)tsc;
}

static struct dp_fib6 *fill_own(const struct route6_mix *routes, unsigned n,
				struct bench_report *out)
{
	struct dp_fib6 *fib = dp_fib6_create();
	uint64_t start = bench_tsc();

	for (unsigned i = 0; fib != NULL && i < n; i++) {
		if (dp_fib6_add(fib, &routes[i].prefix, routes[i].depth, routes[i].nexthop, NULL) ==
		    0)
			continue;
		dp_fib6_destroy(fib);
		fib = NULL;
	}
	if (fib == NULL)
		return NULL;
	report(out, n, "dp_fib6 adds", per_second(n, bench_tsc() - start), "per second");
	report(out, n, "dp_fib6 memory, routes included", (double)dp_fib6_memory_bytes(fib) / 1e6,
	       "MB");
	return fib;
}

static struct rte_fib6 *fill_peer(const struct route6_mix *routes, unsigned n,
				  struct bench_report *out)
{
	struct rte_fib6_conf conf = {
		.type = RTE_FIB6_TRIE,
		.max_routes = (int)(4 * n),
		.trie = { .nh_sz = RTE_FIB6_TRIE_4B, .num_tbl8 = TBL8_GROUPS },
	};
	struct rte_fib6 *fib = rte_fib6_create("bench", (int)rte_socket_id(), &conf);
	uint64_t start = bench_tsc();

	for (unsigned i = 0; fib != NULL && i < n; i++) {
		if (rte_fib6_add(fib, routes[i].prefix.bytes, routes[i].depth, routes[i].nexthop) ==
		    0)
			continue;
		rte_fib6_free(fib);
		fib = NULL;
	}
	if (fib != NULL)
		report(out, n, "rte_fib6 adds", per_second(n, bench_tsc() - start), "per second");
	return fib;
}

static bool tables_agree(const struct dp_fib6 *own, struct rte_fib6 *peer,
			 const struct dp_ip6 *addr, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t one[1][RTE_FIB6_IPV6_ADDR_SIZE];
		uint64_t expected;

		memcpy(one[0], &addr[i], sizeof(one[0]));
		rte_fib6_lookup_bulk(peer, one, &expected, 1);
		if (dp_fib6_lookup(own, &addr[i]) == expected)
			continue;
		fprintf(stderr, "address %u: dp_fib6 %u, rte_fib6 %u\n", i,
			dp_fib6_lookup(own, &addr[i]), (unsigned)expected);
		return false;
	}
	return true;
}

static void compare(struct dp_fib6 *own, struct rte_fib6 *peer, unsigned n, const char *kind,
		    const struct dp_ip6 *addr, uint32_t n_addr, struct bench_report *out)
{
	static const struct bench_plan plan = { .rounds = 20, .chunks = 100, .ops = 4096 };
	struct side sides[2] = { { .table = own, .addr = addr, .mask = n_addr - 1 },
				 { .table = peer, .addr = addr, .mask = n_addr - 1 } };
	char names[2][64];
	struct bench_case cases[2] = { { names[0], run_own, &sides[0] },
				       { names[1], run_peer, &sides[1] } };
	struct bench_result result;

	snprintf(names[0], sizeof(names[0]), "dp_fib6 %u %s", n, kind);
	snprintf(names[1], sizeof(names[1]), "rte_fib6 %u %s", n, kind);
	result = bench_compare(&cases[0], &cases[1], &plan);
	bench_report_add(out, &cases[0], &cases[1], &result);
}

/* Withdraw a tenth and announce it again: what a flapping peer does. */
static void flap(struct dp_fib6 *fib, const struct route6_mix *routes, unsigned n,
		 struct bench_report *out)
{
	uint64_t start = bench_tsc();

	for (unsigned i = 0; i < n / 10; i++)
		dp_fib6_del(fib, &routes[i].prefix, routes[i].depth, NULL);
	for (unsigned i = 0; i < n / 10; i++)
		dp_fib6_add(fib, &routes[i].prefix, routes[i].depth, routes[i].nexthop, NULL);
	report(out, n, "dp_fib6 flapping a tenth", per_second(2 * (n / 10), bench_tsc() - start),
	       "per second");
}

/* Destinations in routes that are there, each route as likely as another. */
static void choose_addresses(const struct route6_mix *routes, unsigned n, struct dp_ip6 *addr,
			     unsigned n_addr)
{
	uint64_t seed = SEED;

	for (unsigned i = 0; i < n_addr; i++)
		addr[i] = route6_mix_inside(&routes[route_mix_random(&seed) % n], &seed);
}

static bool bench_size(unsigned n, struct bench_report *out)
{
	static struct dp_ip6 addr[N_RANDOM];
	struct route6_mix *routes = route6_mix_create(n, NEXTHOPS, n);
	struct dp_fib6 *own = routes == NULL ? NULL : fill_own(routes, n, out);
	struct rte_fib6 *peer = own == NULL ? NULL : fill_peer(routes, n, out);
	bool ok = peer != NULL;

	if (ok) {
		flap(own, routes, n, out);
		choose_addresses(routes, n, addr, N_RANDOM);
		ok = tables_agree(own, peer, addr, N_RANDOM);
	}
	if (ok) {
		compare(own, peer, n, "hot", addr, N_HOT, out);
		compare(own, peer, n, "random", addr, N_RANDOM, out);
	} else {
		fprintf(stderr, "%u routes: not measured (%s)\n", n, rte_strerror(rte_errno));
	}
	rte_fib6_free(peer);
	dp_fib6_destroy(own);
	free(routes);
	return ok;
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = { 100, 10000, 200000 };
	static char program[] = "bench", no_pci[] = "--no-pci", no_huge[] = "--no-huge";
	static char memory_option[] = "-m", memory[] = "2048", log_option[] = "--log-level=error";
	char *eal[] = { program, no_pci, no_huge, memory_option, memory, log_option };
	struct bench_report out;
	bool ok = true;

	if (bench_report_open(&out, argc, argv, "IPv6 FIB, bursts of 32") != 0)
		return EXIT_FAILURE;
	if (rte_eal_init((int)RTE_DIM(eal), eal) < 0)
		return EXIT_FAILURE;
	for (unsigned i = 0; i < RTE_DIM(sizes); i++)
		ok &= bench_size(sizes[i], &out);
	if (bench_report_close(&out) != 0)
		ok = false;
	rte_eal_cleanup();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
