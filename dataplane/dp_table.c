#include "dataplane/dp_table.h"

#include "dataplane/dp_publish.h"
#include "dataplane/routing.h"

#include <errno.h>
#include <stdlib.h>

struct dp_table *dp_table_create(struct dp_routing *routing)
{
	struct dp_table *table = calloc(1, sizeof(*table));

	if (table != NULL)
		table->nexthops = &routing->nexthops;
	return table;
}

/* What its FIBs have retired was deferred earlier, and so is gone by now. */
static void table_free(void *arg)
{
	struct dp_table *table = arg;

	dp_fib_destroy(table->fib);
	dp_fib6_destroy(table->fib6);
	free(table);
}

void dp_table_destroy(struct dp_table *table)
{
	if (table != NULL)
		dp_publish_defer(table_free, table);
}

struct dp_table *dp_table_main(struct dp_routing *routing)
{
	return &routing->main;
}

/* The first route of a family brings its FIB, which stays. */
static int fib_make(struct dp_table *table)
{
	struct dp_fib *fib = table->fib != NULL ? table->fib : dp_fib_create();

	__atomic_store_n(&table->fib, fib, __ATOMIC_RELEASE);
	return fib != NULL ? 0 : -ENOMEM;
}

static int fib6_make(struct dp_table *table)
{
	struct dp_fib6 *fib6 = table->fib6 != NULL ? table->fib6 : dp_fib6_create();

	__atomic_store_n(&table->fib6, fib6, __ATOMIC_RELEASE);
	return fib6 != NULL ? 0 : -ENOMEM;
}

/* What an addition to a FIB has left to do with the nexthops. @return 0 or its error */
static int add_end(struct dp_table *table, int ret, uint32_t nexthop, uint32_t old)
{
	if (ret < 0)
		dp_nh_release(table->nexthops, nexthop);
	else if (ret == 1)
		dp_nh_release(table->nexthops, old);
	return ret < 0 ? ret : 0;
}

int dp_table_set(struct dp_table *table, uint32_t prefix, uint8_t depth, uint32_t nexthop)
{
	uint32_t old = DP_NH_NONE;
	int ret = fib_make(table);

	if (ret == 0)
		ret = dp_nh_hold(table->nexthops, nexthop);
	if (ret != 0)
		return ret;
	ret = dp_fib_add(table->fib, prefix, depth, nexthop, &old);
	return add_end(table, ret, nexthop, old);
}

int dp_table_del(struct dp_table *table, uint32_t prefix, uint8_t depth)
{
	uint32_t old;
	int ret = table->fib != NULL ? dp_fib_del(table->fib, prefix, depth, &old) : -ENOENT;

	if (ret == 0)
		dp_nh_release(table->nexthops, old);
	return ret;
}

uint32_t dp_table_lookup(const struct dp_table *table, uint32_t addr)
{
	return table->fib != NULL ? dp_fib_lookup(table->fib, addr) : DP_NH_NONE;
}

uint32_t dp_table_get(const struct dp_table *table, uint32_t prefix, uint8_t depth)
{
	uint32_t nexthop;

	if (table->fib == NULL || dp_fib_get(table->fib, prefix, depth, &nexthop) != 0)
		return DP_NH_NONE;
	return nexthop;
}

int dp_table6_set(struct dp_table *table, const struct dp_ip6 *prefix, uint8_t depth,
		  uint32_t nexthop)
{
	uint32_t old = DP_NH_NONE;
	int ret = fib6_make(table);

	if (ret == 0)
		ret = dp_nh_hold(table->nexthops, nexthop);
	if (ret != 0)
		return ret;
	ret = dp_fib6_add(table->fib6, prefix, depth, nexthop, &old);
	return add_end(table, ret, nexthop, old);
}

int dp_table6_del(struct dp_table *table, const struct dp_ip6 *prefix, uint8_t depth)
{
	uint32_t old;
	int ret = table->fib6 != NULL ? dp_fib6_del(table->fib6, prefix, depth, &old) : -ENOENT;

	if (ret == 0)
		dp_nh_release(table->nexthops, old);
	return ret;
}

uint32_t dp_table6_lookup(const struct dp_table *table, const struct dp_ip6 *addr)
{
	return table->fib6 != NULL ? dp_fib6_lookup(table->fib6, addr) : DP_NH_NONE;
}

uint32_t dp_table6_get(const struct dp_table *table, const struct dp_ip6 *prefix, uint8_t depth)
{
	uint32_t nexthop;

	if (table->fib6 == NULL || dp_fib6_get(table->fib6, prefix, depth, &nexthop) != 0)
		return DP_NH_NONE;
	return nexthop;
}

uint64_t dp_table_routes(const struct dp_table *table)
{
	return table->fib != NULL ? dp_fib_routes(table->fib) : 0;
}

uint64_t dp_table6_routes(const struct dp_table *table)
{
	return table->fib6 != NULL ? dp_fib6_routes(table->fib6) : 0;
}
