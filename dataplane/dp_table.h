#ifndef DATAPLANE_DP_TABLE_H
#define DATAPLANE_DP_TABLE_H

/**
 * @file
 * Routing tables beside the main one, which is that of dp_route.h: both families, the nexthops of
 * their routing. A table is looked up where a rule (dp_rules.h) leads to it.
 *
 * All functions run in the control thread; workers see a change at their next burst. A table
 * without routes of a family takes no memory for it; with routes it takes address space (8 GiB at
 * most) and as much memory as their number needs.
 */

#include "dataplane/dp_route.h"

struct dp_table;

/** A further table, empty. NULL without memory. */
struct dp_table *dp_table_create(struct dp_routing *routing);

/**
 * Frees a table that is empty and that no rule names any more, as soon as the workers have let go
 * of it (dp_publish_defer()). NULL is nothing.
 */
void dp_table_destroy(struct dp_table *table);

/** The main table of a routing, which lives and dies with it. */
struct dp_table *dp_table_main(struct dp_routing *routing);

/** As dp_route_set(), dp_route_del() and dp_route_lookup(). */
int dp_table_set(struct dp_table *table, uint32_t prefix, uint8_t depth, uint32_t nexthop);
int dp_table_del(struct dp_table *table, uint32_t prefix, uint8_t depth);
uint32_t dp_table_lookup(const struct dp_table *table, uint32_t addr);

/** The nexthop of exactly this route, DP_NH_NONE without. */
uint32_t dp_table_get(const struct dp_table *table, uint32_t prefix, uint8_t depth);

/** As dp_route6_set(), dp_route6_del() and dp_route6_lookup(). */
int dp_table6_set(struct dp_table *table, const struct dp_ip6 *prefix, uint8_t depth,
		  uint32_t nexthop);
int dp_table6_del(struct dp_table *table, const struct dp_ip6 *prefix, uint8_t depth);
uint32_t dp_table6_lookup(const struct dp_table *table, const struct dp_ip6 *addr);

/** The nexthop of exactly this IPv6 route, DP_NH_NONE without. */
uint32_t dp_table6_get(const struct dp_table *table, const struct dp_ip6 *prefix, uint8_t depth);

/** Number of routes of each family. */
uint64_t dp_table_routes(const struct dp_table *table);
uint64_t dp_table6_routes(const struct dp_table *table);

#endif
