#include "dataplane/dp_route.h"

#include "dataplane/dp_rules.h"
#include "dataplane/own_filter.h"
#include "dataplane/routing.h"

#include <stdlib.h>

#include <rte_byteorder.h>

struct dp_routing *dp_routing_create(void)
{
	struct dp_routing *routing = calloc(1, sizeof(*routing));

	if (routing == NULL)
		return NULL;
	routing->main.nexthops = &routing->nexthops;
	routing->main.fib = dp_fib_create();
	if (routing->main.fib == NULL)
		goto free_routing;
	routing->main.fib6 = dp_fib6_create();
	if (routing->main.fib6 == NULL)
		goto free_fib;
	if (dp_nh_table_init(&routing->nexthops) != 0)
		goto free_fib6;
	return routing;

free_fib6:
	dp_fib6_destroy(routing->main.fib6);
free_fib:
	dp_fib_destroy(routing->main.fib);
free_routing:
	free(routing);
	return NULL;
}

void dp_routing_destroy(struct dp_routing *routing)
{
	if (routing == NULL)
		return;
	dp_rules_set(routing, false, NULL, 0);
	dp_rules_set(routing, true, NULL, 0);
	dp_nh_table_fini(&routing->nexthops);
	dp_fib6_destroy(routing->main.fib6);
	dp_fib_destroy(routing->main.fib);
	free(routing);
}

int dp_nexthop_add(struct dp_routing *routing, const struct dp_nexthop *nexthop)
{
	return dp_nh_add(&routing->nexthops, nexthop);
}

int dp_nexthop_set(struct dp_routing *routing, uint32_t index, const struct dp_nexthop *nexthop)
{
	return dp_nh_set(&routing->nexthops, index, nexthop);
}

int dp_nexthop_del(struct dp_routing *routing, uint32_t index)
{
	return dp_nh_del(&routing->nexthops, index);
}

int dp_nexthop_get(const struct dp_routing *routing, uint32_t index, struct dp_nexthop *nexthop)
{
	return dp_nh_describe(&routing->nexthops, index, nexthop);
}

int dp_route_set(struct dp_routing *routing, uint32_t prefix, uint8_t depth, uint32_t nexthop)
{
	return dp_table_set(&routing->main, prefix, depth, nexthop);
}

int dp_route_del(struct dp_routing *routing, uint32_t prefix, uint8_t depth)
{
	return dp_table_del(&routing->main, prefix, depth);
}

uint32_t dp_route_lookup(const struct dp_routing *routing, uint32_t addr)
{
	return dp_table_lookup(&routing->main, addr);
}

int dp_route_walk(const struct dp_routing *routing, dp_route_fn fn, void *arg)
{
	return dp_fib_walk(routing->main.fib, fn, arg);
}

void dp_own_filter_add(struct dp_own_filter *filter, uint32_t addr)
{
	uint32_t hash = rte_cpu_to_be_32(addr) * OWN_FILTER_FACTOR;

	for (unsigned i = 0; i < OWN_FILTER_WORDS; i++)
		filter->word[i] |= 1U << own_filter_index(hash, i);
}

void dp_own_filter_set(struct dp_routing *routing, const struct dp_own_filter *filter)
{
	for (unsigned i = 0; i < OWN_FILTER_WORDS; i++)
		__atomic_store_n(&routing->own.word[i], filter->word[i], __ATOMIC_RELAXED);
}

int dp_route6_set(struct dp_routing *routing, const struct dp_ip6 *prefix, uint8_t depth,
		  uint32_t nexthop)
{
	return dp_table6_set(&routing->main, prefix, depth, nexthop);
}

int dp_route6_del(struct dp_routing *routing, const struct dp_ip6 *prefix, uint8_t depth)
{
	return dp_table6_del(&routing->main, prefix, depth);
}

uint32_t dp_route6_lookup(const struct dp_routing *routing, const struct dp_ip6 *addr)
{
	return dp_table6_lookup(&routing->main, addr);
}

int dp_route6_walk(const struct dp_routing *routing, dp_route6_fn fn, void *arg)
{
	return dp_fib6_walk(routing->main.fib6, fn, arg);
}

void dp_route_stats_get(const struct dp_routing *routing, struct dp_route_stats *stats)
{
	stats->routes = dp_fib_routes(routing->main.fib);
	stats->routes6 = dp_fib6_routes(routing->main.fib6);
	stats->nexthops = routing->nexthops.n_used;
	stats->memory_bytes = dp_fib_memory_bytes(routing->main.fib) +
			      dp_fib6_memory_bytes(routing->main.fib6) +
			      dp_nh_memory_bytes(&routing->nexthops);
}

int dp_routing_port_mac_set(struct dp_routing *routing, unsigned port, const uint8_t mac[6])
{
	return dp_nh_port_mac_set(&routing->nexthops, port, mac);
}
