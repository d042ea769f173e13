#ifndef TESTS_CONTROL_PARITY_WORDS_H
#define TESTS_CONTROL_PARITY_WORDS_H

/* The random operations that IPv4 and IPv6 have in common. */

#include "parity_random.h"
#include "parity_tables.h"

/* Everything, a net, one in it, a host, or a host on a link. */
static inline const char *prefix(bool ipv6)
{
	static char text[48];
	unsigned kind = pick(10);

	if (kind == 0)
		snprintf(text, sizeof(text), "%s", ipv6 ? "::/0" : "default");
	else if (kind < 4)
		snprintf(text, sizeof(text), ipv6 ? "fd20:%x::/32" : "20.%u.0.0/16", pick(3));
	else if (kind < 7)
		snprintf(text, sizeof(text), ipv6 ? "fd20:%x:%x::/48" : "20.%u.%u.0/24", pick(3),
			 pick(3));
	else if (kind < 9)
		snprintf(text, sizeof(text), ipv6 ? "fd20:%x:%x::%x/128" : "20.%u.%u.%u/32",
			 pick(3), pick(3), pick(3));
	else
		snprintf(text, sizeof(text), ipv6 ? "fd00:%x:%x::%x/128" : "10.%u.%u.%u/32",
			 pick(ipv6 ? 4 : 5), pick(2), 2 + pick(4));
	return text;
}

/* A neighbour of port p<net>, which has this address in the net's half "sub". */
static inline void op_neigh_at(const char *addr, unsigned net, unsigned sub, unsigned host)
{
	if (pick(3) == 0)
		world_add(&world, "neigh del %s dev p%u", addr, net);
	else
		world_add(&world, "neigh replace %s lladdr 02:00:%02x:%02x:%02x:%02x dev p%u %s",
			  addr, net, sub, host, pick(2), net,
			  pick(3) ? "nud permanent" : "nud stale");
}

static inline const char *nexthop_verb(void)
{
	return (const char *[]){ "add", "add", "replace" }[pick(3)];
}

static inline void op_nexthop_group(void)
{
	world_add(&world, "nexthop %s id %u group %u,%u/%u,%u", nexthop_verb(), 11 + pick(4),
		  1 + pick(3), 4 + pick(2), 1 + pick(3), 6 + pick(3));
}

/* A route by two ways of those that "way" gives. */
static inline void op_multipath(const char *verb, const char *to, const char *tail,
				const char *(*way)(void))
{
	char first[64];

	snprintf(first, sizeof(first), "%s", way());
	world_add(&world, "route %s %s%s nexthop %s weight %u nexthop %s", verb, to, tail, first,
		  1 + pick(3), way());
}

/* The device's own state, a port's carrier, or rarely another device of a port's name. */
static inline void op_link_of(const char *dev)
{
	unsigned port = pick(WORLD_PORTS);

	switch (pick(6)) {
	case 0:
		world_add(&world, "link set %s down", dev);
		break;
	case 1:
	case 2:
		world_add(&world, "link set %s up", dev);
		break;
	case 3:
		world_add(&world, "link set q%u down", port);
		break;
	case 4:
		world_add(&world, "link set q%u up", port);
		break;
	default:
		if (pick(6) != 0)
			break;
		world_add(&world, "link del p%u", port);
		world_add(&world, "link add p%u type veth peer name q%u", port, port);
		world_add(&world, "link set p%u up addrgenmode none", port);
		world_add(&world, "link set q%u up addrgenmode none", port);
	}
}

#endif
