/*
 * The kernel as oracle for IPv6: random operations on links, addresses, neighbours, nexthop objects
 * and routes of a namespace, and after each quiet point every destination that could matter is
 * looked up in the kernel and in the FIB. Options: parity_run.h.
 */

#include "parity_ipv6_ops.h"
#include "parity_ipv6_oracle.h"
#include "parity_memory.h"
#include "parity_run.h"

#define PROBES_MAX 8192U

static struct dp_ip6 probes[PROBES_MAX];
static unsigned n_probes;
static struct memory memory;

static void expect_path(const struct answer_path *path, const struct dp_ip6 *neighbour,
			struct verdict *verdict)
{
	if (answer_path_is_usable(path))
		expect_way(path->ifindex, path->weight,
			   neighbour ? answer_neigh_mac(path->ifindex, neighbour) : NULL, verdict);
}

static void expected(const struct answer *answer, const struct dp_ip6 *addr,
		     struct verdict *verdict)
{
	const struct dp_ip6 *on_link = answer->n_paths == 1 ? addr : NULL;

	if (!expect_no_way(answer->error, answer->type, verdict)) {
		for (unsigned i = 0; i < answer->n_paths; i++) {
			const struct answer_path *path = &answer->paths[i];

			expect_path(path, path->has_gateway ? &path->gateway : on_link, verdict);
		}
		if (verdict->n == 0)
			verdict_add(verdict, DP_NH_UNREACHABLE, 1);
	}
	verdict_sort(verdict);
}

static struct probe_flow addr_flow(const struct dp_ip6 *addr)
{
	uint32_t hash = 0;

	for (unsigned i = 0; i < sizeof(addr->bytes); i++)
		hash = hash * 31 + addr->bytes[i];
	return flow_of(hash);
}

static void ask(const struct dp_ip6 *addr, const struct probe_flow *flow, struct answer *answer)
{
	struct nl_msg *question = answer_question(addr, flow->tos);

	flow_ask(question, flow, true);
	assert_true(answer_ask(&oracle, question, answer));
}

static bool probe_agrees(const struct dp_ip6 *addr, bool print)
{
	const struct probe_flow flow = addr_flow(addr);
	char text[INET6_ADDRSTRLEN];
	struct answer answer;
	struct verdict want, have;

	ask(addr, &flow, &answer);
	if (answer.nexthop_id != 0) {
		memory_clear(&memory);
		ask(addr, &flow, &answer);
	}
	expected(&answer, addr, &want);
	found(&flow, addr, true, &have);
	if (verdicts_equal(&want, &have))
		return true;
	if (print) {
		print_error("%s: route /%u of table %u, metric %u, nexthop %u, type %u, error %d\n",
			    inet_ntop(AF_INET6, addr->bytes, text, sizeof(text)), answer.depth,
			    answer.table, answer.metric, answer.nexthop_id, answer.type,
			    answer.error);
		verdicts_print(&flow, &want, &have);
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
	assert_true(oracle_read_links(&oracle));
	probes_collect();
	for (unsigned i = 0; i < n_probes; i++)
		n += !probe_agrees(&probes[i], print && n < 5);
	done.lookups += n_probes;
	return n;
}

static void test_fib_equals_kernel_after_random_operations(void **state)
{
	const struct parity parity = { .ipv6 = true, .op = op_any, .differences = differences };

	(void)state;
	parity_run(&parity);
}

static int setup(void **state)
{
	return parity_setup(state) || !memory_open(&memory, world.netns);
}

static int teardown(void **state)
{
	memory_close(&memory);
	return parity_teardown(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fib_equals_kernel_after_random_operations,
						setup, teardown),
	};

	parity_options(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
