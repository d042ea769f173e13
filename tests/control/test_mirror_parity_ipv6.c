/*
 * The kernel as oracle for IPv6: random operations on links, addresses, neighbours, nexthop objects
 * and routes of a namespace, and after each quiet point every destination that could matter is
 * looked up in the kernel and in the FIB.
 *
 *   test_control_mirror_parity_ipv6 [SECONDS [SEED]]
 */

#include "parity_ipv6_ops.h"
#include "parity_ipv6_oracle.h"
#include "parity_rules.h"

#define PROBES_MAX 8192U
#define QUIET_NS 3000000ULL

static unsigned run_seconds = 5;
static unsigned seed;
static struct dp_ip6 probes[PROBES_MAX];
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

static struct outcome *verdict_add(struct verdict *verdict, enum dp_nh_kind kind, unsigned weight)
{
	struct outcome *outcome = &verdict->outcomes[verdict->n++];

	outcome->kind = kind;
	outcome->weight = (uint16_t)weight;
	return outcome;
}

static void expect_path(const struct answer_path *path, const struct dp_ip6 *neighbour,
			struct verdict *verdict)
{
	int port = port_of(path->ifindex);
	const uint8_t *mac = neighbour ? answer_neigh_mac(path->ifindex, neighbour) : NULL;
	struct outcome *outcome;

	if (!answer_path_is_usable(path))
		return;
	if (port < 0) {
		verdict_add(verdict, DP_NH_UNREACHABLE, path->weight);
		return;
	}
	outcome = verdict_add(verdict, mac ? DP_NH_FORWARD : DP_NH_GLEAN, path->weight);
	outcome->port = (uint16_t)port;
	if (mac)
		memcpy(outcome->mac, mac, sizeof(outcome->mac));
}

static void expected(const struct answer *answer, const struct dp_ip6 *addr,
		     struct verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	if (answer->error == -EINVAL) {
		verdict_add(verdict, DP_NH_BLACKHOLE, 1);
	} else if (answer->error < 0) {
		verdict_add(verdict, DP_NH_UNREACHABLE, 1);
	} else if (answer->type != RTN_UNICAST) {
		verdict_add(verdict, DP_NH_LOCAL, 1);
	} else {
		for (unsigned i = 0; i < answer->n_paths; i++) {
			const struct answer_path *path = &answer->paths[i];
			const struct dp_ip6 *on_link = answer->n_paths == 1 ? addr : NULL;

			expect_path(path, path->has_gateway ? &path->gateway : on_link, verdict);
		}
		if (verdict->n == 0)
			verdict_add(verdict, DP_NH_UNREACHABLE, 1);
	}
	verdict_sort(verdict);
}

static void found_add(const struct dp_nexthop *nexthop, unsigned weight, struct verdict *verdict)
{
	/* there is no rule behind: nothing but the kernel's answer */
	enum dp_nh_kind kind = nexthop->kind == DP_NH_THROW ? DP_NH_UNREACHABLE : nexthop->kind;
	struct outcome *outcome = verdict_add(verdict, kind, weight);

	if (nexthop->kind == DP_NH_FORWARD || nexthop->kind == DP_NH_GLEAN)
		outcome->port = nexthop->port;
	if (nexthop->kind == DP_NH_FORWARD)
		memcpy(outcome->mac, nexthop->dst_mac, sizeof(outcome->mac));
}

static struct probe_flow addr_flow(const struct dp_ip6 *addr)
{
	uint32_t hash = 0;

	for (unsigned i = 0; i < sizeof(addr->bytes); i++)
		hash = hash * 31 + addr->bytes[i];
	return flow_of(hash);
}

static void found(const struct dp_ip6 *addr, struct verdict *verdict)
{
	const struct probe_flow flow = addr_flow(addr);
	uint32_t index = flow_lookup(&flow, addr, true);
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

/*
 * Whether both lead out by one of the same ways. The kernel answers for a path of an object with any
 * of the routes over it, and so with all the paths of that route, which the path is one of.
 */
static bool verdicts_meet(const struct verdict *a, const struct verdict *b)
{
	for (unsigned i = 0; i < a->n; i++) {
		for (unsigned k = 0; k < b->n; k++) {
			const struct outcome *of_a = &a->outcomes[i], *of_b = &b->outcomes[k];

			if (of_a->kind == of_b->kind && of_a->port == of_b->port &&
			    memcmp(of_a->mac, of_b->mac, sizeof(of_a->mac)) == 0)
				return true;
		}
	}
	return false;
}

static bool verdicts_equal(const struct verdict *a, const struct verdict *b)
{
	return a->n == b->n && memcmp(a->outcomes, b->outcomes, a->n * sizeof(a->outcomes[0])) == 0;
}

static bool probe_agrees(const struct dp_ip6 *addr, bool print)
{
	const struct probe_flow flow = addr_flow(addr);
	struct nl_msg *question = answer_question(addr, flow.tos);
	char text[INET6_ADDRSTRLEN];
	struct answer answer;
	struct verdict want;
	struct verdict have;

	flow_ask(question, &flow, true);
	assert_true(answer_ask(&oracle, question, &answer));
	/* of which table it is the kernel can only tell while there are no others */
	if (answer.nexthop_id != 0 && !rules_wanted)
		answer_search(addr, RT_TABLE_MAIN, &answer);
	expected(&answer, addr, &want);
	found(addr, &have);
	if (verdicts_equal(&want, &have) ||
	    (answer.nexthop_id != 0 && rules_wanted && verdicts_meet(&want, &have)))
		return true;
	if (print) {
		print_error("%s: type %u error %d\n",
			    inet_ntop(AF_INET6, addr->bytes, text, sizeof(text)), answer.type,
			    answer.error);
		print_error("  from fd30::%u, port %u, tos %u, protocol %u, ports %u and %u\n",
			    flow.source, flow.port, flow.tos, flow.protocol, flow.src_port,
			    flow.dst_port);
		verdict_print("kernel", &want);
		verdict_print("FIB   ", &have);
	}
	return false;
}

static void probe_add(const struct dp_ip6 *addr)
{
	/* The data path decides these before it looks at routes, or nobody sends them. */
	if (addr->bytes[0] == 0 || addr->bytes[0] == 0xff ||
	    (addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80))
		return;
	if (n_probes < PROBES_MAX)
		probes[n_probes++] = *addr;
}

/* An address and those before and behind it. */
static void probe_add_around(const struct dp_ip6 *addr)
{
	struct dp_ip6 next = *addr, before = *addr;

	for (int i = 15; i >= 0 && ++next.bytes[i] == 0; i--)
		;
	for (int i = 15; i >= 0 && before.bytes[i]-- == 0; i--)
		;
	probe_add(addr);
	probe_add(&next);
	probe_add(&before);
}

static int probe_prefix(const struct dp_ip6 *prefix, uint8_t depth, uint32_t nexthop, void *arg)
{
	struct dp_ip6 last = *prefix;

	(void)nexthop;
	(void)arg;
	for (unsigned i = depth / 8; i < 16; i++)
		last.bytes[i] |= (uint8_t)(i == depth / 8 ? 0xff >> depth % 8 : 0xff);
	probe_add_around(prefix);
	probe_add_around(&last);
	return 0;
}

static void probe_text(unsigned net, unsigned a, unsigned b, unsigned c)
{
	char text[INET6_ADDRSTRLEN];
	struct dp_ip6 addr;

	snprintf(text, sizeof(text), "%x:%x:%x::%x", net, a, b, c);
	assert_int_equal(inet_pton(AF_INET6, text, addr.bytes), 1);
	probe_add(&addr);
}

/* Everything that the operations can name, and the edges of what the FIB holds. */
static void probes_collect(void)
{
	n_probes = 0;
	for (unsigned a = 0; a < WORLD_PORTS; a++) {
		for (unsigned b = 0; b < 2; b++) {
			for (unsigned c = 0; c < 6; c++)
				probe_text(0xfd00, a, b, c);
		}
	}
	for (unsigned a = 0; a < 3; a++) {
		for (unsigned b = 0; b < 3; b++) {
			for (unsigned c = 0; c < 3; c++)
				probe_text(0xfd20, a, b, c);
		}
	}
	dp_route6_walk(world.routing, probe_prefix, NULL);
}

static unsigned differences(bool print)
{
	unsigned n = 0;

	assert_true(answer_read_neighs(&oracle));
	assert_true(answer_read_routes(&oracle));
	assert_true(oracle_read_links(&oracle));
	probes_collect();
	for (unsigned i = 0; i < n_probes; i++)
		n += !probe_agrees(&probes[i], print && n < 5);
	return n;
}

static void kernel_print(void)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "(ip -n %s -6 rule; ip -n %s -br link; ip -n %s -6 route show table all; ip -n %s "
		 "nexthop) >&2",
		 world.netns, world.netns, world.netns, world.netns);
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
	fail_msg("the FIB differs from the kernel; repeat with: %u %u", run_seconds, seed);
	return 1;
}

static void test_fib_equals_kernel_after_random_operations(void **state)
{
	uint64_t until_ns = world_now_ns() + run_seconds * 1000000000ULL;
	unsigned long looked = 0, ops = 0;
	unsigned rounds = 0, late = 0;
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
			rules_wanted &&pick(6) == 0 ? op_rule(true) : op_any();
		world_batch_end(&world);
		late += round_settle();
		if (rounds % 8 == 3 && world_audit_wait(&world, audit) > 0) {
			world_print_differences(&world);
			kernel_print();
			fail_msg("the audit is wrong; repeat with: %u %u", run_seconds, seed);
		}
		looked += n_probes;
		ops += n;
		rounds++;
	}
	print_message("%u rounds, %lu operations, %lu lookups, %u rounds settled by a resync, "
		      "%lu routes at the end\n",
		      rounds, ops, looked, late, (unsigned long)world_stats(&world).routes);
	assert_int_equal(world_audit(&world), 0);
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
