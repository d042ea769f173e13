#ifndef TESTS_CONTROL_PARITY_OPS_H
#define TESTS_CONTROL_PARITY_OPS_H

/* Random operations on links, addresses, neighbours, nexthop objects, routes and settings. */

#include "parity_words.h"

static inline const char *device(void)
{
	static const char *const names[] = { "p0", "p1", "p2", "p3", "x0" };

	return names[pick(sizeof(names) / sizeof(names[0]))];
}

static inline void op_addr(void)
{
	static const char *const verbs[] = { "add", "add", "add", "del" };
	unsigned net = pick(5);
	const char *dev = net < 4 ? (const char *[]){ "p0", "p1", "p2", "p3" }[net] : "x0";

	if (pick(40) == 0)
		world_add(&world, "addr flush dev %s", dev);
	else if (pick(12) == 0)
		world_add(&world, "addr %s 10.%u.1.1 peer 10.%u.1.2/32 dev %s", verbs[pick(4)], net,
			  net, dev);
	else
		world_add(&world, "addr %s 10.%u.%u.1/%u dev %s", verbs[pick(4)], net, pick(2),
			  pick(8) ? 24 : 30, dev);
}

static inline void op_neigh(void)
{
	unsigned net = pick(4), sub = pick(2), host = 2 + pick(4);
	char addr[16];

	snprintf(addr, sizeof(addr), "10.%u.%u.%u", net, sub, host);
	op_neigh_at(addr, net, sub, host);
}

/* One way out, in the words of "nexthop". */
static inline const char *way(void)
{
	static char text[64];
	unsigned net = pick(5);

	if (pick(4) == 0)
		snprintf(text, sizeof(text), "dev %s", device());
	else
		snprintf(text, sizeof(text), "via 10.%u.%u.%u", net, pick(2), 2 + pick(4));
	return text;
}

static inline void op_nexthop(void)
{
	unsigned net = pick(4);

	switch (pick(8)) {
	case 0:
		world_add(&world, "nexthop del id %u", 1 + pick(16));
		break;
	case 1:
	case 2:
		op_nexthop_group();
		break;
	case 3:
		world_add(&world, "nexthop %s id %u blackhole", nexthop_verb(), 9 + pick(2));
		break;
	case 4:
		world_add(&world, "nexthop %s id %u dev %s", nexthop_verb(), 1 + pick(8), device());
		break;
	default:
		world_add(&world, "nexthop %s id %u via 10.%u.%u.%u dev p%u", nexthop_verb(),
			  1 + pick(8), net, pick(2), 2 + pick(4), net);
	}
}

static inline void op_route(void)
{
	static const char *const verbs[] = { "add",	"add",	   "append", "prepend",
					     "replace", "replace", "change", "del" };
	static const char *const types[] = { "blackhole", "unreachable", "prohibit", "throw" };
	const char *verb = verbs[pick(8)];
	char tail[64] = "";
	const char *to = prefix(false);

	if (pick(3) == 0)
		snprintf(tail, sizeof(tail), " metric %u", 10 * (1 + pick(2)));
	if (pick(8) == 0)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " src 10.%u.%u.1",
			 pick(5), pick(2));
	if (pick(40) == 0)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " table local");
	else if (pick(4) == 0)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " table %s",
			 (const char *[]){ "100", "200", "10001", "default" }[pick(4)]);
	/*
	 * Among several default routes of one metric the kernel prefers one whose gateway answers
	 * (fib_select_default()); the mirror takes the first. Not compared.
	 */
	if (strcmp(to, "default") == 0 && (verb == verbs[2] || verb == verbs[3]))
		verb = verbs[4];
	switch (pick(10)) {
	case 0:
		world_add(&world, "route %s %s %s%s", verb, types[pick(4)], to, tail);
		break;
	case 1:
		/* not all addresses: packets from the router's own are refused before any lookup */
		if (strcmp(to, "default") != 0)
			world_add(&world, "route %s local %s dev lo", verb, to);
		break;
	case 2:
	case 3:
		world_add(&world, "route %s %s nhid %u%s", verb, to, 1 + pick(14), tail);
		break;
	case 4:
	case 5:
		op_multipath(verb, to, tail, way);
		break;
	case 6:
		world_add(&world, "route del %s", to);
		break;
	default:
		world_add(&world, "route %s %s %s%s", verb, to, way(), tail);
	}
}

/* Now and then a setting: not by ip(8), and so not in the order of the batch. */
static inline void op_sysctl(void)
{
	struct dp_netns visit;
	struct dp_why why;
	char path[96];
	FILE *file;

	if (pick(8) != 0)
		return;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/ignore_routes_with_linkdown",
		 pick(2) ? "all" : device());
	assert_int_equal(dp_netns_enter(&visit, world.netns, &why), 0);
	file = fopen(path, "w");
	if (file) {
		fprintf(file, "%u", pick(2));
		fclose(file);
	}
	dp_netns_leave(&visit);
}

static inline void op_any(void)
{
	unsigned kind = pick(100);

	if (kind < 8)
		op_link_of(device());
	else if (kind < 20)
		op_addr();
	else if (kind < 32)
		op_neigh();
	else if (kind < 50)
		op_nexthop();
	else
		op_route();
}

#endif
