#ifndef TESTS_CONTROL_PARITY_IPV6_OPS_H
#define TESTS_CONTROL_PARITY_IPV6_OPS_H

/*
 * Random IPv6 operations. Only routes with gateways share metrics: the kernel leaves others out of
 * a dump when they lie between siblings of the same metric, and can have the same of them twice.
 */

#include "parity_words.h"

static inline void op_addr(void)
{
	static const char *const verbs[] = { "add", "add", "add", "del" };
	unsigned net = pick(4);

	if (pick(40) == 0)
		world_add(&world, "addr flush dev p%u", net);
	else
		world_add(&world, "addr %s fd00:%x:%x::1/64 dev p%u%s", verbs[pick(4)], net,
			  pick(2), net, pick(4) ? " nodad" : "");
}

static inline void op_neigh(void)
{
	unsigned net = pick(4), sub = pick(2), host = 2 + pick(4);
	char addr[48];

	if (pick(3) == 0)
		snprintf(addr, sizeof(addr), "fe80::%x", host);
	else
		snprintf(addr, sizeof(addr), "fd00:%x:%x::%x", net, sub, host);
	op_neigh_at(addr, net, sub, host);
}

/* A gateway, in the words of "nexthop". */
static inline const char *via(void)
{
	static char text[64];
	unsigned net = pick(4);

	if (pick(3) == 0)
		snprintf(text, sizeof(text), "via fe80::%x dev p%u", 2 + pick(4), net);
	else
		snprintf(text, sizeof(text), "via fd00:%x:%x::%x dev p%u", net, pick(2),
			 2 + pick(4), net);
	return text;
}

static inline void op_nexthop(void)
{
	switch (pick(6)) {
	case 0:
		world_add(&world, "nexthop del id %u", 1 + pick(14));
		break;
	case 1:
	case 2:
		op_nexthop_group();
		break;
	default:
		world_add(&world, "nexthop %s id %u %s", nexthop_verb(), 1 + pick(8), via());
	}
}

static inline void op_route(void)
{
	static const char *const verbs[] = { "add",	"add",	   "append", "append",
					     "replace", "replace", "change", "del" };
	static const char *const types[] = { "blackhole", "unreachable", "prohibit", "throw" };
	const char *verb = verbs[pick(8)];
	char tail[64] = "";
	const char *to = prefix(true);
	unsigned port, id;

	if (pick(3) == 0)
		snprintf(tail, sizeof(tail), " metric %u", 10 + 20 * pick(2));
	if (pick(4) == 0)
		snprintf(tail + strlen(tail), sizeof(tail) - strlen(tail), " table %s",
			 (const char *[]){ "100", "200", "10001", "local" }[pick(4)]);
	switch (pick(10)) {
	case 0:
		world_add(&world, "route %s %s %s metric 70", verb, types[pick(4)], to);
		break;
	case 1:
		port = pick(4);
		world_add(&world, "route %s %s dev p%u metric %u", verb, to, port, 50 + port);
		break;
	case 2:
	case 3:
		id = 1 + pick(14);
		world_add(&world, "route %s %s nhid %u metric %u", verb, to, id, 100 + id);
		break;
	case 4:
	case 5:
		op_multipath(verb, to, tail, via);
		break;
	case 6:
		world_add(&world, "route del %s", to);
		break;
	default:
		world_add(&world, "route %s %s %s%s", verb, to, via(), tail);
	}
}

/* IPv4 over IPv6 gateways is compared by the audit only. */
static inline void op_ipv4(void)
{
	world_add(&world, "route replace 20.%u.0.0/16 via inet6 fe80::%x dev p%u", pick(3),
		  2 + pick(4), pick(4));
}

static inline void op_any(void)
{
	unsigned kind = pick(100);

	if (kind < 6)
		op_link_of((const char *[]){ "p0", "p1", "p2", "p3" }[pick(WORLD_PORTS)]);
	else if (kind < 20)
		op_addr();
	else if (kind < 32)
		op_neigh();
	else if (kind < 46)
		op_nexthop();
	else if (kind < 48)
		op_ipv4();
	else
		op_route();
}

#endif
