/*
 * Lookups, updates and memory of the FIB beside rte_fib (dir24_8, scalar: EAL's default limit of
 * 256 bits keeps its AVX-512 path off) and rte_lpm, with the same routes and the same addresses.
 * Before anything is timed, all three must give the same answers.
 *
 * rte_lpm is left out at a million routes: its table takes two minutes to fill.
 */

#include "bench/stats.h"
#include "dataplane/dp_fib.h"
#include "tests/dataplane/route_mix.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_lpm.h>
#include <rte_malloc.h>

#define BURST 32U
#define N_HOT 256U
#define N_WARM 65536U /* their part of a full table fits a second-level cache */
#define N_RANDOM (1U << 22)
#define NEXTHOPS 1000U
#define LPM_ROUTES_MAX 100000U
#define TBL8_GROUPS 65536U
#define HUGEPAGES_NEEDED 480U /* of 2 MB, for rte_fib with a million routes */

/* Both sides of a comparison read the same addresses, each at its own place. */
struct side {
	void *table;
	const uint32_t *addr;
	uint32_t mask; /* number of addresses - 1 */
	uint32_t at;
};

struct tables {
	struct dp_fib *own;
	struct rte_fib *fib;
	struct rte_lpm *lpm; /* NULL with more than LPM_ROUTES_MAX routes */
};

static uint64_t run_own(void *ctx, unsigned ops)
{
	struct side *side = ctx;
	uint32_t nexthop[BURST];
	uint64_t sum = 0;

	for (unsigned i = 0; i < ops; i += BURST) {
		dp_fib_lookup_burst(side->table, &side->addr[side->at], nexthop, BURST);
		side->at = (side->at + BURST) & side->mask;
		sum += nexthop[i % BURST];
	}
	return sum;
}

static uint64_t run_fib(void *ctx, unsigned ops)
{
	struct side *side = ctx;
	uint64_t nexthop[BURST];
	uint64_t sum = 0;

	for (unsigned i = 0; i < ops; i += BURST) {
		uint32_t addr[BURST]; /* the function does not promise to leave them alone */

		memcpy(addr, &side->addr[side->at], sizeof(addr));
		rte_fib_lookup_bulk(side->table, addr, nexthop, BURST);
		side->at = (side->at + BURST) & side->mask;
		sum += nexthop[i % BURST];
	}
	return sum;
}

static uint64_t run_lpm(void *ctx, unsigned ops)
{
	struct side *side = ctx;
	uint32_t nexthop[BURST];
	uint64_t sum = 0;

	for (unsigned i = 0; i < ops; i += BURST) {
		rte_lpm_lookup_bulk(side->table, &side->addr[side->at], nexthop, BURST);
		side->at = (side->at + BURST) & side->mask;
		sum += nexthop[i % BURST];
	}
	return sum;
}

static uint64_t heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;

	return rte_malloc_get_socket_stats((int)rte_socket_id(), &stats) == 0
		       ? stats.heap_allocsz_bytes
		       : 0;
}

static double per_second(unsigned n, uint64_t tsc)
{
	return (double)n * (double)bench_tsc_hz() / (double)tsc;
}

static void report(struct bench_report *out, unsigned n, const char *what, double value,
		   const char *unit)
{
	char name[80];

	snprintf(name, sizeof(name), "%u routes, %s", n, what);
	bench_report_value(out, name, value, unit);
}

static bool fill_own(struct tables *tables, const struct route_mix *routes, unsigned n,
		     struct bench_report *out)
{
	uint64_t start;

	tables->own = dp_fib_create();
	if (tables->own == NULL)
		return false;
	start = bench_tsc();
	for (unsigned i = 0; i < n; i++) {
		if (dp_fib_add(tables->own, routes[i].prefix, routes[i].depth, routes[i].nexthop,
			       NULL) != 0)
			return false;
	}
	report(out, n, "dp_fib adds", per_second(n, bench_tsc() - start), "per second");
	report(out, n, "dp_fib memory, routes included",
	       (double)dp_fib_memory_bytes(tables->own) / 1e6, "MB");
	return true;
}

static bool fill_fib(struct tables *tables, const struct route_mix *routes, unsigned n,
		     struct bench_report *out)
{
	struct rte_fib_conf conf = {
		.type = RTE_FIB_DIR24_8,
		.max_routes = (int)(2 * n),
		.dir24_8 = { .nh_sz = RTE_FIB_DIR24_8_4B, .num_tbl8 = TBL8_GROUPS },
	};
	uint64_t before = heap_bytes(), start;

	tables->fib = rte_fib_create("bench", (int)rte_socket_id(), &conf);
	if (tables->fib == NULL)
		return false;
	start = bench_tsc();
	for (unsigned i = 0; i < n; i++) {
		if (rte_fib_add(tables->fib, routes[i].prefix, routes[i].depth,
				routes[i].nexthop) != 0)
			return false;
	}
	report(out, n, "rte_fib adds", per_second(n, bench_tsc() - start), "per second");
	report(out, n, "rte_fib memory", (double)(heap_bytes() - before) / 1e6, "MB");
	return true;
}

static bool fill_lpm(struct tables *tables, const struct route_mix *routes, unsigned n,
		     struct bench_report *out)
{
	struct rte_lpm_config config = { .max_rules = 2 * n, .number_tbl8s = TBL8_GROUPS };
	uint64_t before = heap_bytes(), start;

	tables->lpm = rte_lpm_create("bench", (int)rte_socket_id(), &config);
	if (tables->lpm == NULL)
		return false;
	start = bench_tsc();
	for (unsigned i = 0; i < n; i++) {
		if (rte_lpm_add(tables->lpm, routes[i].prefix, routes[i].depth,
				routes[i].nexthop) != 0)
			return false;
	}
	report(out, n, "rte_lpm adds", per_second(n, bench_tsc() - start), "per second");
	report(out, n, "rte_lpm memory", (double)(heap_bytes() - before) / 1e6, "MB");
	return true;
}

static bool tables_agree(const struct tables *tables, const uint32_t *addr, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint32_t one = addr[i], own = dp_fib_lookup(tables->own, one), lpm = 0;
		uint64_t fib;

		rte_fib_lookup_bulk(tables->fib, &one, &fib, 1);
		if (tables->lpm != NULL && rte_lpm_lookup(tables->lpm, one, &lpm) != 0)
			lpm = 0;
		if (own != fib || (tables->lpm != NULL && own != lpm)) {
			fprintf(stderr, "%08x: dp_fib %u, rte_fib %u, rte_lpm %u\n", one, own,
				(unsigned)fib, lpm);
			return false;
		}
	}
	return true;
}

static void compare(const struct tables *tables, unsigned n, const char *kind, const uint32_t *addr,
		    uint32_t n_addr, struct bench_report *out)
{
	static const struct bench_plan plan = { .rounds = 20, .chunks = 100, .ops = 4096 };
	struct side sides[3] = {
		{ .table = tables->own, .addr = addr, .mask = n_addr - 1 },
		{ .table = tables->fib, .addr = addr, .mask = n_addr - 1 },
		{ .table = tables->lpm, .addr = addr, .mask = n_addr - 1 },
	};
	char names[3][64];
	struct bench_case own = { names[0], run_own, &sides[0] };
	struct bench_case fib = { names[1], run_fib, &sides[1] };
	struct bench_case lpm = { names[2], run_lpm, &sides[2] };
	struct bench_result result;

	snprintf(names[0], sizeof(names[0]), "dp_fib %u %s", n, kind);
	snprintf(names[1], sizeof(names[1]), "rte_fib %u %s", n, kind);
	snprintf(names[2], sizeof(names[2]), "rte_lpm %u %s", n, kind);
	result = bench_compare(&own, &fib, &plan);
	bench_report_add(out, &own, &fib, &result);
	if (tables->lpm == NULL)
		return;
	result = bench_compare(&own, &lpm, &plan);
	bench_report_add(out, &own, &lpm, &result);
}

/* Withdraw a tenth and announce it again: what a flapping peer does. */
static void flap(struct dp_fib *fib, const struct route_mix *routes, unsigned n,
		 struct bench_report *out)
{
	uint64_t start = bench_tsc();

	for (unsigned i = 0; i < n / 10; i++)
		dp_fib_del(fib, routes[i].prefix, routes[i].depth, NULL);
	for (unsigned i = 0; i < n / 10; i++)
		dp_fib_add(fib, routes[i].prefix, routes[i].depth, routes[i].nexthop, NULL);
	report(out, n, "dp_fib flapping a tenth", per_second(2 * (n / 10), bench_tsc() - start),
	       "per second");
	start = bench_tsc();
	for (unsigned i = 0; i < 1000; i++)
		dp_fib_add(fib, 0, 0, i & 1 ? DP_NH_NONE : 1, NULL);
	report(out, n, "dp_fib default route changes", per_second(1000, bench_tsc() - start),
	       "per second");
	dp_fib_del(fib, 0, 0, NULL);
}

static void choose_hot(const struct route_mix *routes, uint32_t *hot)
{
	for (unsigned i = 0; i < N_HOT; i++)
		hot[i] = routes[i].prefix | (routes[i].depth < 32 ? 1 : 0);
}

static bool bench_size(unsigned n, const uint32_t *random, struct bench_report *out)
{
	struct route_mix *routes = route_mix_create(n, NEXTHOPS, n);
	struct tables tables = { .lpm = NULL };
	uint32_t hot[N_HOT];
	bool ok = routes != NULL && fill_own(&tables, routes, n, out) &&
		  fill_fib(&tables, routes, n, out);

	if (ok && n <= LPM_ROUTES_MAX)
		ok = fill_lpm(&tables, routes, n, out);
	if (ok) {
		flap(tables.own, routes, n, out);
		choose_hot(routes, hot);
		ok = tables_agree(&tables, hot, N_HOT) && tables_agree(&tables, random, N_RANDOM);
	}
	if (ok) {
		compare(&tables, n, "hot", hot, N_HOT, out);
		compare(&tables, n, "warm", random, N_WARM, out);
		compare(&tables, n, "random", random, N_RANDOM, out);
	} else {
		fprintf(stderr, "%u routes: not measured (%s)\n", n, rte_strerror(rte_errno));
	}
	rte_lpm_free(tables.lpm);
	rte_fib_free(tables.fib);
	dp_fib_destroy(tables.own);
	free(routes);
	return ok;
}

static unsigned count_free_hugepages(void)
{
	FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
	char line[32];
	unsigned long n = 0;

	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) != NULL)
		n = strtoul(line, NULL, 10);
	fclose(file);
	return (unsigned)n;
}

/* With hugepages if there are any, as the peers are meant to run; returns false when EAL fails. */
static bool start_eal(struct bench_report *out)
{
	static char program[] = "bench", no_pci[] = "--no-pci", in_memory[] = "--in-memory";
	static char no_huge[] = "--no-huge", memory_option[] = "-m", memory[] = "1024";
	static char log_option[] = "--log-level=error", *argv[8] = { program, no_pci, log_option };
	unsigned n_free = count_free_hugepages();
	int argc = 3;

	if (n_free >= HUGEPAGES_NEEDED) {
		argv[argc++] = in_memory;
	} else {
		argv[argc++] = no_huge;
		argv[argc++] = memory_option;
		argv[argc++] = memory;
	}
	bench_report_value(out, "hugepages free for rte_fib and rte_lpm", n_free, "of 2 MB");
	return rte_eal_init(argc, argv) >= 0;
}

int main(int argc, char **argv)
{
	static const unsigned sizes[] = { 1000, 100000, 1000000 };
	static uint32_t random[N_RANDOM];
	struct bench_report out;
	uint64_t seed = 4;
	bool ok = true;

	if (bench_report_open(&out, argc, argv, "IPv4 FIB, bursts of 32") != 0)
		return EXIT_FAILURE;
	if (!start_eal(&out))
		return EXIT_FAILURE;
	for (unsigned i = 0; i < N_RANDOM; i++)
		random[i] = route_mix_addr(&seed);
	for (unsigned i = 0; i < RTE_DIM(sizes); i++)
		ok &= bench_size(sizes[i], random, &out);
	if (bench_report_close(&out) != 0)
		ok = false;
	rte_eal_cleanup();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
