/*
 * The kernel as oracle: random operations on links, addresses, neighbours, nexthop objects and
 * routes of a namespace, and after each quiet point every destination that could matter is looked
 * up in the kernel and in the FIB. Options: parity_run.h.
 */

#include "parity_ops.h"
#include "parity_run.h"

#define PROBES_MAX 4096U

static uint32_t probes[PROBES_MAX];
static unsigned n_probes;

static bool neigh_is_valid(const struct oracle_neigh *neigh)
{
	return neigh && neigh->has_mac &&
	       (neigh->state &
		(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP));
}

static void expect_path(const struct oracle_path *path, uint32_t neighbour, struct verdict *verdict)
{
	const struct oracle_neigh *neigh = NULL;

	if (!oracle_path_is_usable(&oracle, path))
		return;
	if (neighbour != 0)
		neigh = oracle_neigh(&oracle, path->ifindex, neighbour);
	expect_way(path->ifindex, path->weight, neigh_is_valid(neigh) ? neigh->mac : NULL, verdict);
}

static void expect_unicast(const struct oracle_route *route, uint32_t addr, struct verdict *verdict)
{
	for (unsigned i = 0; i < route->n_paths; i++) {
		const struct oracle_path *path = &route->paths[i];
		uint32_t neighbour = path->gateway;

		if (neighbour == 0 && route->n_paths == 1)
			neighbour = addr;
		expect_path(path, neighbour, verdict);
	}
	if (verdict->n == 0)
		verdict_add(verdict, DP_NH_UNREACHABLE, 1);
}

static void expected(const struct oracle_route *route, uint32_t addr, struct verdict *verdict)
{
	if (!expect_no_way(route->error, route->type, verdict))
		expect_unicast(route, addr, verdict);
	verdict_sort(verdict);
}

static bool probe_agrees(uint32_t addr, bool print)
{
	const struct dp_ip6 dst = { { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16),
				      (uint8_t)(addr >> 8), (uint8_t)addr } };
	const struct probe_flow flow = flow_of(addr);
	struct nl_msg *question = oracle_question(addr, flow.tos);
	struct oracle_route route;
	struct verdict want, have;

	flow_ask(question, &flow, false);
	assert_true(oracle_ask(&oracle, question, &route));
	/* Where it ignores such routes it should have gone on with the next. */
	for (unsigned i = 0; i < route.n_paths; i++) {
		if (oracle_path_is_mistaken(&oracle, &route.paths[i]))
			return true;
	}
	expected(&route, addr, &want);
	found(&flow, &dst, false, &have);
	if (verdicts_equal(&want, &have))
		return true;
	if (print) {
		print_error("%u.%u.%u.%u: route /%u of table %u, type %u, error %d\n", addr >> 24,
			    addr >> 16 & 255, addr >> 8 & 255, addr & 255, route.depth, route.table,
			    route.type, route.error);
		verdicts_print(&flow, &want, &have);
	}
	return false;
}

static void probe_add(uint32_t addr)
{
	/* The data path decides these before it looks at routes. */
	if (addr >> 24 == 0 || addr >> 24 == 127 || addr >> 24 >= 224)
		return;
	if (n_probes < PROBES_MAX)
		probes[n_probes++] = addr;
}

static int probe_prefix(uint32_t prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	uint32_t last = prefix | (uint32_t)(0xffffffffULL >> depth);

	(void)nexthop;
	(void)arg;
	probe_add(prefix - 1);
	probe_add(prefix);
	probe_add(last);
	probe_add(last + 1);
	return 0;
}

/* Everything that the operations can name, and the edges of what the FIB holds. */
static void probes_collect(void)
{
	n_probes = 0;
	for (unsigned net = 0; net <= WORLD_PORTS; net++) {
		for (unsigned sub = 0; sub < 2; sub++) {
			for (unsigned host = 0; host < 6; host++)
				probe_add(10U << 24 | net << 16 | sub << 8 | host);
			probe_add(10U << 24 | net << 16 | sub << 8 | 255);
		}
	}
	for (unsigned a = 0; a < 3; a++) {
		for (unsigned b = 0; b < 3; b++) {
			for (unsigned c = 0; c < 3; c++)
				probe_add(20U << 24 | a << 16 | b << 8 | c);
		}
	}
	dp_route_walk(world.routing, probe_prefix, NULL);
}

static unsigned differences(bool print)
{
	unsigned n = 0;

	assert_true(oracle_read_neighs(&oracle));
	assert_true(oracle_read_links(&oracle));
	probes_collect();
	for (unsigned i = 0; i < n_probes; i++)
		n += !probe_agrees(probes[i], print && n < 5);
	done.lookups += n_probes;
	return n + table_differences(print);
}

static void test_fib_equals_kernel_after_random_operations(void **state)
{
	const struct parity parity = { .op = op_any,
				       .op_setting = op_sysctl,
				       .differences = differences };

	(void)state;
	parity_run(&parity);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fib_equals_kernel_after_random_operations,
						parity_setup, parity_teardown),
	};

	parity_options(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
