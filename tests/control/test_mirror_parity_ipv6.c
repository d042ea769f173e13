/*
 * The kernel as oracle for IPv6: random operations on links, addresses, neighbours, nexthop objects
 * and routes of a namespace, and after each quiet point every destination that could matter is
 * looked up in the kernel and in the FIB.
 *
 *   test_control_mirror_parity_ipv6 [SECONDS [SEED]]
 */

#include "parity_ipv6_ops.h"
#include "parity_ipv6_oracle.h"
#include "parity_run.h"
#include "parity_verdict.h"

#define PROBES_MAX 8192U

static struct dp_ip6 probes[PROBES_MAX];

static void expected(const struct answer *answer, const struct dp_ip6 *addr,
		     struct verdict *verdict)
{
	unsigned n_paths = verdict_begin(verdict, answer->error, answer->type) ? answer->n_paths
									       : 0;

	for (unsigned i = 0; i < n_paths; i++) {
		const struct answer_path *path = &answer->paths[i];
		const struct dp_ip6 *on_link = answer->n_paths == 1 ? addr : NULL;
		const struct dp_ip6 *neighbour = path->has_gateway ? &path->gateway : on_link;

		if (answer_path_is_usable(path))
			verdict_add_path(verdict, path->ifindex, path->weight,
					 neighbour ? answer_neigh_mac(path->ifindex, neighbour)
						   : NULL);
	}
	verdict_end(verdict);
}

static struct probe_flow addr_flow(const struct dp_ip6 *addr)
{
	uint32_t hash = 0;

	for (unsigned i = 0; i < sizeof(addr->bytes); i++)
		hash = hash * 31 + addr->bytes[i];
	return flow_of(hash);
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
	found(&flow, addr, true, &have);
	if (verdicts_equal(&want, &have) ||
	    (answer.nexthop_id != 0 && rules_wanted && verdicts_meet(&want, &have)))
		return true;
	if (print) {
		print_error("%s: type %u error %d\n",
			    inet_ntop(AF_INET6, addr->bytes, text, sizeof(text)), answer.type,
			    answer.error);
		verdicts_print("fd30::", &flow, &want, &have);
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

int main(int argc, char **argv)
{
	static const struct parity ipv6 = { true, op_any, NULL, differences };

	return parity_run(&ipv6, argc, argv);
}
