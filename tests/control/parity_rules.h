#ifndef TESTS_CONTROL_PARITY_RULES_H
#define TESTS_CONTROL_PARITY_RULES_H

/*
 * Random rules and packets that they are for. A probe asks for its address as the destination of
 * one of some packets, chosen by the address, so that the same question can be asked again.
 */

#include "dataplane/dp_rules.h"
#include "parity_random.h"
#include "parity_tables.h"

#include <arpa/inet.h>

/* What a probe has beside its destination. */
struct probe_flow {
	unsigned port;
	unsigned source; /* last number of the address */
	uint8_t tos;
	uint8_t protocol;
	uint16_t src_port, dst_port;
};

static unsigned salt; /* other packets in each round */

static inline struct probe_flow flow_of(uint32_t hash)
{
	struct probe_flow flow;

	hash = (hash ^ salt) * 2654435761U;
	hash ^= hash >> 15;
	hash *= 2246822519U;
	flow.port = hash & (WORLD_PORTS - 1);
	flow.source = 1 + (hash >> 4 & 3);
	flow.tos = hash >> 8 & 1 ? 0x10 : 0;
	flow.protocol = hash >> 9 & 1 ? IPPROTO_UDP : IPPROTO_TCP;
	flow.src_port = (uint16_t)(1000 + (hash >> 10 & 3));
	flow.dst_port = (uint16_t)(5000 + (hash >> 12 & 7));
	return flow;
}

static inline unsigned some_table(void)
{
	static const unsigned ids[] = { 100, 200, 10001, 253 };

	return ids[pick(sizeof(ids) / sizeof(ids[0]))];
}

static inline void rule_selectors(bool ipv6, char *text, size_t size)
{
	static const char *const links[] = { "p0", "p1", "p2", "p3", "x0", "lo", "none0" };
	size_t len = 0;

	text[0] = '\0';
#define SAY(...) (len += (size_t)snprintf(text + len, size - len, __VA_ARGS__))
	if (pick(6) == 0)
		SAY(" not");
	if (pick(3) == 0 && ipv6)
		SAY(" from fd30::%u/%u", pick(4), 126 + pick(3));
	else if (pick(3) == 0)
		SAY(" from 30.0.0.%u/%u", pick(4), 30 + pick(3));
	if (pick(4) == 0 && ipv6)
		SAY(" to fd20:%x::/%u", pick(3), pick(2) ? 32 : 31);
	else if (pick(4) == 0)
		SAY(" to 20.%u.0.0/%u", pick(3), pick(2) ? 16 : 15);
	if (pick(4) == 0)
		SAY(" iif %s", links[pick(7)]);
	if (pick(20) == 0)
		SAY(" oif %s", links[pick(7)]);
	if (pick(6) == 0)
		SAY(" tos 0x10");
	if (pick(12) == 0)
		SAY(" fwmark %u/%u", pick(2), 1 + pick(2));
	if (pick(20) == 0)
		SAY(" uidrange %u-1000", pick(2));
	if (pick(5) == 0)
		SAY(" ipproto %s", pick(2) ? "udp" : "tcp");
	if (pick(8) == 0)
		SAY(" sport 100%u", pick(4));
	if (pick(6) == 0)
		SAY(" dport 500%u-500%u", pick(4), 4 + pick(4));
#undef SAY
}

static inline void op_rule(bool ipv6)
{
	static const char *const refusals[] = { "blackhole", "unreachable", "prohibit" };
	const char *family = ipv6 ? "-6 " : "";
	unsigned priority = 1 + pick(24);
	char selectors[256];

	if (pick(5) < 2) {
		world_add(&world, "%srule del pref %u", family, priority);
		return;
	}
	if (pick(50) == 0) {
		world_add(&world, "%srule del pref 0", family);
		if (pick(2))
			world_add(&world, "%srule add pref %u lookup local", family, pick(30));
		world_add(&world, "%srule add pref 0 lookup local", family);
		return;
	}
	rule_selectors(ipv6, selectors, sizeof(selectors));
	switch (pick(10)) {
	case 0:
		world_add(&world, "%srule add pref %u%s %s", family, priority, selectors,
			  refusals[pick(3)]);
		break;
	case 1:
		world_add(&world, "%srule add pref %u%s goto %u", family, priority, selectors,
			  priority + 1 + pick(8));
		break;
	case 2:
		world_add(&world, "%srule add pref %u%s lookup %s suppress_prefixlength 0", family,
			  priority, selectors, pick(2) ? "main" : "100");
		break;
	case 3:
		world_add(&world, "%srule add pref %u%s lookup main", family, priority, selectors);
		break;
	default:
		world_add(&world, "%srule add pref %u%s lookup %u", family, priority, selectors,
			  some_table());
	}
}

static inline int rule_print(const struct ctl_mirror_rule *rule, void *arg)
{
	static const char *const uses[] = { "followed", "never", "kernel" };

	(void)arg;
	print_error(
		"mirror: IPv%u %u action %u table %u goto %u invert %u from %u.%u.%u.%u/%u: %s\n",
		rule->spec.family == AF_INET6 ? 6U : 4U, rule->spec.priority, rule->spec.action,
		rule->spec.table, rule->spec.target, rule->spec.invert, rule->spec.src.bytes[0],
		rule->spec.src.bytes[1], rule->spec.src.bytes[2], rule->spec.src.bytes[3],
		rule->spec.src_depth, uses[rule->use]);
	return 0;
}

static inline void rules_print(void)
{
	ctl_mirror_walk_rules(world.mirror, rule_print, NULL);
	print_error("data path: %u and %u rules, %lu errors\n",
		    dp_rules_count(world.routing, false), dp_rules_count(world.routing, true),
		    (unsigned long)world_stats(&world).fib_errors);
}

/* Adds to a request what a packet has beside its destination. */
static inline void flow_ask(struct nl_msg *request, const struct probe_flow *flow, bool ipv6)
{
	uint32_t iif = (uint32_t)port_ifindex[flow->port];
	uint8_t source[16] = { 30, 0, 0, (uint8_t)flow->source };
	uint16_t port;

	if (ipv6)
		memcpy(source, (uint8_t[16]){ 0xfd, 0x30, [15] = (uint8_t)flow->source }, 16);
	nla_put(request, RTA_SRC, ipv6 ? 16 : 4, source);
	nla_put(request, RTA_IIF, sizeof(iif), &iif);
	nla_put(request, RTA_IP_PROTO, sizeof(flow->protocol), &flow->protocol);
	port = htons(flow->src_port);
	nla_put(request, RTA_SPORT, sizeof(port), &port);
	port = htons(flow->dst_port);
	nla_put(request, RTA_DPORT, sizeof(port), &port);
}

/* The nexthop that the data path gives such a packet. */
static inline uint32_t flow_lookup(const struct probe_flow *flow, const struct dp_ip6 *dst,
				   bool ipv6)
{
	struct dp_flow ask = { .ipv6 = ipv6,
			       .in_port = flow->port,
			       .src = { { 30, 0, 0, (uint8_t)flow->source } },
			       .dst = *dst,
			       .dscp = flow->tos >> 2,
			       .protocol = flow->protocol,
			       .src_port = flow->src_port,
			       .dst_port = flow->dst_port };

	if (ipv6)
		memcpy(ask.src.bytes, (uint8_t[16]){ 0xfd, 0x30, [15] = (uint8_t)flow->source },
		       16);
	return dp_flow_lookup(world.routing, &ask);
}

/* A setting of every link; with forwarding lookups of packets that came in say where they go. */
static inline void setting_write(const char *path, const char *value)
{
	struct dp_netns visit;
	struct dp_why why;
	FILE *file;

	assert_int_equal(dp_netns_enter(&visit, world.netns, &why), 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(value, file);
	assert_int_equal(fclose(file), 0);
	dp_netns_leave(&visit);
}

static inline void settings_write(void)
{
	setting_write("/proc/sys/net/ipv4/ip_forward", "1");
	setting_write("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	setting_write("/proc/sys/net/ipv4/conf/all/rp_filter", "0");
}

#endif
