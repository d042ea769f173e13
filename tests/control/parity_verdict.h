#ifndef TESTS_CONTROL_PARITY_VERDICT_H
#define TESTS_CONTROL_PARITY_VERDICT_H

/*
 * What becomes of a packet, by the kernel and by the data path, brought to the same form: a sorted
 * list of what may happen to it.
 */

#include "parity_rules.h"

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

static inline int outcome_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct outcome));
}

static inline void verdict_sort(struct verdict *verdict)
{
	/* The weight of a single way out means nothing. */
	if (verdict->n == 1)
		verdict->outcomes[0].weight = 1;
	qsort(verdict->outcomes, verdict->n, sizeof(verdict->outcomes[0]), outcome_compare);
}

static inline bool verdicts_equal(const struct verdict *a, const struct verdict *b)
{
	return a->n == b->n && memcmp(a->outcomes, b->outcomes, a->n * sizeof(a->outcomes[0])) == 0;
}

static inline struct outcome *verdict_add(struct verdict *verdict, enum dp_nh_kind kind,
					  unsigned weight)
{
	struct outcome *outcome = &verdict->outcomes[verdict->n++];

	outcome->kind = kind;
	outcome->weight = (uint16_t)weight;
	return outcome;
}

/* One of the kernel's ways out. mac: of the neighbour, NULL: not known */
static inline void expect_way(int ifindex, unsigned weight, const uint8_t *mac,
			      struct verdict *verdict)
{
	int port = port_of(ifindex);
	struct outcome *outcome;

	if (port < 0) {
		verdict_add(verdict, DP_NH_UNREACHABLE, weight);
		return;
	}
	outcome = verdict_add(verdict, mac ? DP_NH_FORWARD : DP_NH_GLEAN, weight);
	outcome->port = (uint16_t)port;
	if (mac)
		memcpy(outcome->mac, mac, sizeof(outcome->mac));
}

/* @return whether the answer of a lookup says it all: error as the kernel gives it, else the type */
static inline bool expect_no_way(int error, uint8_t type, struct verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	if (error == -EINVAL)
		verdict_add(verdict, DP_NH_BLACKHOLE, 1);
	else if (error < 0)
		verdict_add(verdict, DP_NH_UNREACHABLE, 1);
	else if (type != RTN_UNICAST)
		verdict_add(verdict, DP_NH_LOCAL, 1);
	return verdict->n > 0;
}

static inline void found_add(const struct dp_nexthop *nexthop, unsigned weight,
			     struct verdict *verdict)
{
	/* there is no rule behind: nothing but the kernel's answer */
	enum dp_nh_kind kind = nexthop->kind == DP_NH_THROW ? DP_NH_UNREACHABLE : nexthop->kind;
	struct outcome *outcome = verdict_add(verdict, kind, weight);

	if (nexthop->kind == DP_NH_FORWARD || nexthop->kind == DP_NH_GLEAN)
		outcome->port = nexthop->port;
	if (nexthop->kind == DP_NH_FORWARD)
		memcpy(outcome->mac, nexthop->dst_mac, sizeof(outcome->mac));
}

/* What the data path does with a packet. */
static inline void found(const struct probe_flow *flow, const struct dp_ip6 *dst, bool ipv6,
			 struct verdict *verdict)
{
	uint32_t index = flow_lookup(flow, dst, ipv6);
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

static inline void verdict_print(const char *what, const struct verdict *verdict)
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

static inline void verdicts_print(const struct probe_flow *flow, const struct verdict *want,
				  const struct verdict *have)
{
	print_error("  from number %u, port %u, tos %u, protocol %u, ports %u and %u\n",
		    flow->source, flow->port, flow->tos, flow->protocol, flow->src_port,
		    flow->dst_port);
	verdict_print("kernel", want);
	verdict_print("FIB   ", have);
}

#endif
