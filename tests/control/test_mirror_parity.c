/*
 * The kernel as oracle: random operations on links, addresses, neighbours, nexthop objects and
 * routes of a namespace, and after each quiet point every destination that could matter is looked
 * up in the kernel and in the FIB.
 *
 *   test_control_mirror_parity [SECONDS [SEED]]
 */

#include "parity_ops.h"
#include "parity_rules.h"

#define PROBES_MAX 4096U
#define QUIET_NS 3000000ULL

static unsigned run_seconds = 5;
static unsigned seed;

static uint32_t probes[PROBES_MAX];
static unsigned n_probes;

/* Expected and found are brought to the same form: a sorted list of what may happen to a packet. */
struct outcome {
	enum dp_nh_kind kind;
	uint16_t port;
	uint16_t weight;
	uint8_t mac[6];
};
struct verdict {
	unsigned n;
	struct outcome outcomes[ORACLE_PATHS_MAX];
};

static int outcome_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outcome));
}

static void verdict_sort(struct verdict *verdict)
{
	/* The weight of a single way out means nothing. */
	if (verdict->n == 1)
		verdict->outcomes[0].weight = 1;
	qsort(verdict->outcomes, verdict->n, sizeof(verdict->outcomes[0]), outcome_compare);
}

static struct outcome *verdict_add(struct verdict *verdict, enum dp_nh_kind kind)
{
	struct outcome *outcome = &verdict->outcomes[verdict->n++];

	outcome->kind = kind;
	outcome->weight = 1;
	return outcome;
}

static bool neigh_is_valid(const struct oracle_neigh *neigh)
{
	return neigh && neigh->has_mac &&
	       (neigh->state &
		(NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP));
}

static void expect_path(const struct oracle_path *path, uint32_t neighbour, struct verdict *verdict)
{
	int port = port_of(path->ifindex);
	const struct oracle_neigh *neigh = NULL;
	struct outcome *outcome;

	if (!oracle_path_is_usable(&oracle, path))
		return;
	if (port < 0) {
		verdict_add(verdict, DP_NH_UNREACHABLE)->weight = (uint16_t)path->weight;
		return;
	}
	if (neighbour != 0)
		neigh = oracle_neigh(&oracle, path->ifindex, neighbour);
	outcome = verdict_add(verdict, neigh_is_valid(neigh) ? DP_NH_FORWARD : DP_NH_GLEAN);
	outcome->port = (uint16_t)port;
	outcome->weight = (uint16_t)path->weight;
	if (neigh_is_valid(neigh))
		memcpy(outcome->mac, neigh->mac, sizeof(outcome->mac));
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
		verdict_add(verdict, DP_NH_UNREACHABLE);
}

static void expected(const struct oracle_route *route, uint32_t addr, struct verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	if (route->error == -EINVAL)
		verdict_add(verdict, DP_NH_BLACKHOLE);
	else if (route->error < 0)
		verdict_add(verdict, DP_NH_UNREACHABLE);
	else if (route->type != RTN_UNICAST)
		verdict_add(verdict, DP_NH_LOCAL);
	else
		expect_unicast(route, addr, verdict);
	verdict_sort(verdict);
}

static void found_add(const struct dp_nexthop *nexthop, uint16_t weight, struct verdict *verdict)
{
	/* there is no rule behind: nothing but the kernel's answer */
	enum dp_nh_kind kind = nexthop->kind == DP_NH_THROW ? DP_NH_UNREACHABLE : nexthop->kind;
	struct outcome *outcome = verdict_add(verdict, kind);

	outcome->weight = weight;
	if (nexthop->kind == DP_NH_FORWARD || nexthop->kind == DP_NH_GLEAN)
		outcome->port = nexthop->port;
	if (nexthop->kind == DP_NH_FORWARD)
		memcpy(outcome->mac, nexthop->dst_mac, sizeof(outcome->mac));
}

static void found(uint32_t addr, struct verdict *verdict)
{
	const struct probe_flow flow = flow_of(addr);
	struct dp_ip6 dst = { { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16), (uint8_t)(addr >> 8),
				(uint8_t)addr } };
	uint32_t index = flow_lookup(&flow, &dst, false);
	struct dp_nexthop nexthop = { .kind = DP_NH_UNREACHABLE };
	struct dp_nexthop member;

	memset(verdict, 0, sizeof(*verdict));
	if (index != DP_NH_NONE)
		assert_int_equal(dp_nexthop_get(world.routing, index, &nexthop), 0);
	if (nexthop.kind != DP_NH_GROUP)
		found_add(&nexthop, 1, verdict);
	for (unsigned i = 0; nexthop.kind == DP_NH_GROUP && i < nexthop.n_members; i++) {
		assert_int_equal(dp_nexthop_get(world.routing, nexthop.members[i], &member), 0);
		found_add(&member, nexthop.weights[i], verdict);
	}
	verdict_sort(verdict);
}

static void verdict_print(const char *what, const struct verdict *verdict)
{
	static const char *const kinds[] = { "unreachable", "blackhole", "local", "glean",
					     "forward",	    "group",	 "throw" };

	print_error("  %s:", what);
	for (unsigned i = 0; i < verdict->n; i++) {
		const struct outcome *outcome = &verdict->outcomes[i];

		print_error(" [%s port %u weight %u mac ..%02x:%02x]", kinds[outcome->kind],
			    outcome->port, outcome->weight, outcome->mac[4], outcome->mac[5]);
	}
	print_error("\n");
}

static bool probe_agrees(uint32_t addr, bool print)
{
	const struct probe_flow flow = flow_of(addr);
	struct nl_msg *question = oracle_question(addr, flow.tos);
	struct oracle_route route;
	struct verdict want;
	struct verdict have;

	flow_ask(question, &flow, false);
	assert_true(oracle_ask(&oracle, question, &route));
	/* Where it ignores such routes it should have gone on with the next. */
	for (unsigned i = 0; i < route.n_paths; i++) {
		if (oracle_path_is_mistaken(&oracle, &route.paths[i]))
			return true;
	}
	expected(&route, addr, &want);
	found(addr, &have);
	if (want.n == have.n &&
	    memcmp(want.outcomes, have.outcomes, want.n * sizeof(want.outcomes[0])) == 0)
		return true;
	if (print) {
		print_error("%u.%u.%u.%u: route /%u type %u error %d\n", addr >> 24,
			    addr >> 16 & 255, addr >> 8 & 255, addr & 255, route.depth, route.type,
			    route.error);
		print_error("  from 30.0.0.%u, port %u, tos %u, protocol %u, ports %u and %u\n",
			    flow.source, flow.port, flow.tos, flow.protocol, flow.src_port,
			    flow.dst_port);
		verdict_print("kernel", &want);
		verdict_print("FIB   ", &have);
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
	return n + table_differences(print);
}

static void ports_look_up(void)
{
	struct dp_netns visit;
	struct dp_why why;

	assert_int_equal(dp_netns_enter(&visit, world.netns, &why), 0);
	for (unsigned port = 0; port < WORLD_PORTS; port++) {
		char name[IFNAMSIZ];

		snprintf(name, sizeof(name), "p%u", port);
		port_ifindex[port] = (int)if_nametoindex(name);
	}
	dp_netns_leave(&visit);
}

static void report(unsigned rounds, unsigned long ops, unsigned long looked, unsigned late)
{
	struct ctl_mirror_stats stats = world_stats(&world);

	print_message("%u rounds, %lu operations, %lu lookups, %u rounds settled by a resync; "
		      "%lu messages, %lu purged, %lu swept, %lu resyncs, lag max %lu us\n",
		      rounds, ops, looked, late, (unsigned long)stats.messages,
		      (unsigned long)stats.purges, (unsigned long)stats.swept,
		      (unsigned long)stats.resyncs, (unsigned long)stats.lag_max_ns / 1000);
}

static void kernel_print(void)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "(ip -n %s rule; ip -n %s -br link; ip -n %s -br -4 addr; ip -n %s route show "
		 "table all; "
		 "ip -n %s nexthop; ip netns exec %s sysctl -a 2>/dev/null | "
		 "grep 'ipv4.*ignore_routes_with_linkdown') >&2",
		 world.netns, world.netns, world.netns, world.netns, world.netns, world.netns);
	if (system(command) != 0)
		print_error("cannot show the kernel's tables\n");
}

/* Notifications alone must do; a synchronisation is allowed to help only where the kernel is late. */
static unsigned round_settle(void)
{
	world_settle(&world, QUIET_NS);
	ports_look_up();
	if (differences(false) == 0)
		return 0;
	world_settle(&world, 10 * QUIET_NS);
	if (differences(getenv("SLUICE_PARITY_STRICT") != NULL) == 0)
		return 0;
	for (unsigned wait = 0; wait < 40; wait++) {
		world_settle(&world, 50000000);
		if (differences(false) == 0)
			return 1;
	}
	differences(true);
	kernel_print();
	rules_print();
	world_audit(&world);
	world_print_differences(&world);
	fail_msg("the FIB differs from the kernel; repeat with: %u %u", run_seconds, seed);
	return 1;
}

static void audit_finds_nothing(uint64_t found)
{
	if (found == 0)
		return;
	world_print_differences(&world);
	fail_msg("an audit finds %lu differences; repeat with: %u %u", (unsigned long)found,
		 run_seconds, seed);
}

static void test_fib_equals_kernel_after_random_operations(void **state)
{
	uint64_t until_ns = world_now_ns() + run_seconds * 1000000000ULL;
	unsigned long looked = 0;
	unsigned long ops = 0;
	unsigned rounds = 0;
	unsigned late = 0;
	uint64_t audit = 0;

	(void)state;
	print_message("seed %u\n", seed);
	random_state = seed;
	settings_write();
	world_mirror_start(&world, 0);
	while (world_now_ns() < until_ns) {
		unsigned n = 1 + pick(40);

		salt = rounds;
		/* the first third of the time is the kernel's own rules' */
		rules_wanted = until_ns - world_now_ns() < run_seconds * 666666667ULL;

		/* Some audits read while everything changes, others while nothing does. */
		if (rounds % 4 == 0)
			audit = ctl_mirror_audit(world.mirror);
		world_batch_begin(&world);
		for (unsigned i = 0; i < n; i++)
			rules_wanted &&pick(6) == 0 ? op_rule(false) : op_any();
		if (pick(8) == 0)
			op_sysctl();
		world_batch_end(&world);
		late += round_settle();
		if (rounds % 8 == 3)
			audit_finds_nothing(world_audit_wait(&world, audit));
		looked += n_probes;
		ops += n;
		rounds++;
	}
	report(rounds, ops, looked, late);
	audit_finds_nothing(world_audit(&world));
	assert_int_equal(world_stats(&world).differences_total, 0);
	assert_int_equal(world_stats(&world).malformed, 0);
	assert_int_equal(world_stats(&world).fib_errors, 0);
	assert_int_equal(world_stats(&world).request_errors, 0);
}

static int setup(void **state)
{
	(void)state;
	world_create(&world);
	assert_true(oracle_open(&oracle, world.netns));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	oracle_close(&oracle);
	world_destroy(&world);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fib_equals_kernel_after_random_operations,
						setup, teardown),
	};

	seed = (unsigned)time(NULL);
	if (argc > 1)
		run_seconds = (unsigned)strtoul(argv[1], NULL, 10);
	if (argc > 2)
		seed = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
