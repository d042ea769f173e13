#include "control/mirror/ctl_rib_tables.h"

static struct dp_ip6 ip6_of(const struct ctl_addr *addr)
{
	struct dp_ip6 ip6;

	memcpy(ip6.bytes, addr->bytes, sizeof(ip6.bytes));
	return ip6;
}

static int entry_set(const struct ctl_rib_table *table, const struct ctl_addr *prefix,
		     uint8_t depth, uint32_t value)
{
	struct dp_ip6 ip6 = ip6_of(prefix);

	if (prefix->family == AF_INET6)
		return dp_table6_set(table->dp, &ip6, depth, value);
	return dp_table_set(table->dp, ctl_addr_ipv4(prefix), depth, value);
}

static void entry_del(const struct ctl_rib_table *table, const struct ctl_addr *prefix,
		      uint8_t depth)
{
	struct dp_ip6 ip6 = ip6_of(prefix);

	if (prefix->family == AF_INET6)
		dp_table6_del(table->dp, &ip6, depth);
	else
		dp_table_del(table->dp, ctl_addr_ipv4(prefix), depth);
}

static uint32_t entry_get(const struct ctl_rib_table *table, const struct ctl_addr *prefix,
			  uint8_t depth)
{
	struct dp_ip6 ip6 = ip6_of(prefix);

	if (prefix->family == AF_INET6)
		return dp_table6_get(table->dp, &ip6, depth);
	return dp_table_get(table->dp, ctl_addr_ipv4(prefix), depth);
}

static uint32_t entry_lookup(const struct ctl_rib_table *table, const struct ctl_addr *addr)
{
	struct dp_ip6 ip6 = ip6_of(addr);

	if (addr->family == AF_INET6)
		return dp_table6_lookup(table->dp, &ip6);
	return dp_table_lookup(table->dp, ctl_addr_ipv4(addr));
}

static void entry_write(struct ctl_rib *rib, struct ctl_rib_table *table,
			const struct ctl_addr *prefix, uint8_t depth, uint32_t value)
{
	uint64_t *n_written = &table->n_written[prefix->family == AF_INET6];
	uint32_t have = entry_get(table, prefix, depth);

	if (have == value)
		return;
	if (value != DP_NH_NONE && entry_set(table, prefix, depth, value) == 0) {
		*n_written += have == DP_NH_NONE;
		return;
	}
	/* Rather no entry than one that names an index about to be freed. */
	if (have != DP_NH_NONE) {
		entry_del(table, prefix, depth);
		--*n_written;
	}
	if (value != DP_NH_NONE) {
		rib->fib_errors++;
		rib->suspect = true;
	}
}

/* Lookups for another TOS, or source of IPv6, would take another route than those for none. */
static bool prefix_needs_tos(const struct ctl_rib *rib, const struct ctl_rib_route *route)
{
	for (; route; route = ctl_rib_route_next(rib, route)) {
		if (route->tos != 0 && !ctl_rib_route_is_doomed(rib, route))
			return true;
	}
	return false;
}

static bool route_is_passed_over(const struct ctl_rib *rib, const struct ctl_rib_route *route)
{
	return ctl_rib_set_at(rib, route->set)->skipped || ctl_rib_route_is_doomed(rib, route);
}

const struct ctl_rib_route *ctl_rib_fib_route(const struct ctl_rib *rib,
					      const struct ctl_rib_route *head)
{
	while (head && route_is_passed_over(rib, head))
		head = ctl_rib_route_next(rib, head);
	return head;
}

/* The neighbour that an address is, when its route says that it is one, and it is resolved. */
static const struct ctl_rib_neigh *
host_neigh(const struct ctl_rib *rib, const struct ctl_rib_set *set, const struct ctl_addr *addr)
{
	const struct ctl_rib_neigh *neigh;

	if (!ctl_rib_set_is_connected(set))
		return NULL;
	neigh = ctl_rib_neigh_find(rib, set->paths[0].ifindex, addr);
	return neigh && neigh->in_hosts ? neigh : NULL;
}

/* The main table of the data path, as far as it has what local has. */
static bool table_is_merged(const struct ctl_rib *rib, const struct ctl_rib_table *table,
			    uint8_t family)
{
	return table == rib->main && ctl_rib_family(rib, family)->merged;
}

/* The first route of the longest prefix of a table that decides an address, or NULL. */
static const struct ctl_rib_route *
cover_of(const struct ctl_rib *rib, const struct ctl_rib_table *table, const struct ctl_addr *addr)
{
	const struct ctl_trie *routes = &table->routes[addr->family == AF_INET6];
	uint32_t number = ctl_trie_match(routes, addr, ctl_addr_bits(addr->family));

	while (number) {
		const struct ctl_rib_route *head = ctl_rib_route_at(rib, number);

		if (prefix_needs_tos(rib, head) || ctl_rib_fib_route(rib, head))
			return head;
		number = ctl_trie_up(routes, number);
	}
	return NULL;
}

/* The same of a table of the data path: local's route where it is as long as that of main. */
static const struct ctl_rib_route *cover_seen(const struct ctl_rib *rib,
					      const struct ctl_rib_table *table,
					      const struct ctl_addr *addr)
{
	const struct ctl_rib_route *cover = cover_of(rib, table, addr), *local = NULL;

	if (table_is_merged(rib, table, addr->family))
		local = cover_of(rib, rib->local, addr);
	return local && (!cover || local->leaf.depth >= cover->leaf.depth) ? local : cover;
}

/* What the entry of an address of its own is to name; DP_NH_NONE: the prefix that covers it does. */
static uint32_t address_value(const struct ctl_rib *rib, const struct ctl_rib_table *table,
			      const struct ctl_addr *addr)
{
	const struct ctl_rib_route *cover = cover_seen(rib, table, addr);
	const struct ctl_rib_neigh *neigh;
	const struct ctl_rib_route *route;
	const struct ctl_rib_set *set;
	bool is_host;

	if (!cover)
		return DP_NH_NONE;
	route = ctl_rib_fib_route(rib, cover);
	is_host = cover->leaf.depth == ctl_addr_bits(addr->family);
	if (!route || prefix_needs_tos(rib, cover))
		return is_host ? rib->punt_index : DP_NH_NONE;
	set = ctl_rib_set_at(rib, route->set);
	neigh = host_neigh(rib, set, addr);
	if (neigh)
		return neigh->dp_index;
	return is_host ? set->dp_index : DP_NH_NONE;
}

/* What a table's own routes say about a prefix; DP_NH_NONE: nothing. */
static uint32_t prefix_value(const struct ctl_rib *rib, const struct ctl_rib_table *table,
			     const struct ctl_addr *prefix, uint8_t depth)
{
	const struct ctl_trie *routes = &table->routes[prefix->family == AF_INET6];
	const struct ctl_rib_route *head, *route;
	uint32_t number;

	if (depth == ctl_addr_bits(prefix->family))
		return address_value(rib, table, prefix);
	number = ctl_trie_find(routes, prefix, depth);
	if (!number)
		return DP_NH_NONE;
	head = ctl_rib_route_at(rib, number);
	if (prefix_needs_tos(rib, head))
		return rib->punt_index;
	route = ctl_rib_fib_route(rib, head);
	return route ? ctl_rib_set_at(rib, route->set)->dp_index : DP_NH_NONE;
}

/* What the entry of a prefix is to name in a table of the data path; DP_NH_NONE: it has none. */
static uint32_t entry_value(const struct ctl_rib *rib, const struct ctl_rib_table *table,
			    const struct ctl_addr *prefix, uint8_t depth)
{
	uint32_t value = DP_NH_NONE;

	/* of an address the longer route of the two tables decides: see address_value() */
	if (table_is_merged(rib, table, prefix->family) && depth < ctl_addr_bits(prefix->family))
		value = prefix_value(rib, rib->local, prefix, depth);
	return value != DP_NH_NONE ? value : prefix_value(rib, table, prefix, depth);
}

static void entry_refresh(struct ctl_rib *rib, struct ctl_rib_table *table,
			  const struct ctl_addr *prefix, uint8_t depth)
{
	entry_write(rib, table, prefix, depth, entry_value(rib, table, prefix, depth));
}

void ctl_rib_fib_address_refresh(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	for (unsigned i = 0; i < CTL_RIB_TABLES_MAX; i++) {
		if (rib->tables[i])
			entry_refresh(rib, rib->tables[i], addr, ctl_addr_bits(addr->family));
	}
}

static void hosts_refresh(struct ctl_rib *rib, struct ctl_rib_table *table,
			  const struct ctl_addr *prefix, uint8_t depth)
{
	const struct ctl_trie *hosts = &ctl_rib_family(rib, prefix->family)->hosts;
	uint32_t host = ctl_trie_find(hosts, prefix, depth);

	if (!host)
		host = ctl_trie_after(hosts, prefix, depth);
	while (host && ctl_trie_is_inside(hosts, host, prefix, depth)) {
		struct ctl_addr addr = ctl_trie_addr(hosts, ctl_trie_at(hosts, host));

		entry_refresh(rib, table, &addr, ctl_addr_bits(addr.family));
		host = ctl_trie_after(hosts, &addr, ctl_addr_bits(addr.family));
	}
}

/* A prefix of a table and the hosts below it. */
static void table_refresh(struct ctl_rib *rib, struct ctl_rib_table *table,
			  const struct ctl_addr *prefix, uint8_t depth)
{
	entry_refresh(rib, table, prefix, depth);
	if (depth < ctl_addr_bits(prefix->family) &&
	    ctl_rib_family(rib, prefix->family)->hosts.n_prefixes)
		hosts_refresh(rib, table, prefix, depth);
}

static void prefix_refresh(struct ctl_rib *rib, struct ctl_rib_table *table,
			   const struct ctl_addr *prefix, uint8_t depth)
{
	table_refresh(rib, table, prefix, depth);
	if (table == rib->local && ctl_rib_family(rib, prefix->family)->merged)
		table_refresh(rib, rib->main, prefix, depth);
}

/* The longest route of a table that has an entry for an address; its nexthop. */
static uint32_t longest_value(const struct ctl_rib *rib, const struct ctl_rib_table *table,
			      const struct ctl_addr *addr, int *depth)
{
	const struct ctl_trie *routes = &table->routes[addr->family == AF_INET6];
	uint32_t number = ctl_trie_match(routes, addr, ctl_addr_bits(addr->family));

	for (; number; number = ctl_trie_up(routes, number)) {
		const struct ctl_trie_leaf *leaf = &ctl_rib_route_at(rib, number)->leaf;
		struct ctl_addr prefix = ctl_trie_addr(routes, leaf);
		uint32_t value = prefix_value(rib, table, &prefix, leaf->depth);

		*depth = leaf->depth;
		if (value != DP_NH_NONE)
			return value;
	}
	*depth = -1;
	return DP_NH_NONE;
}

/* What a lookup of an address has to find. */
static uint32_t address_wanted(const struct ctl_rib *rib, const struct ctl_rib_table *table,
			       const struct ctl_addr *addr)
{
	uint32_t value = entry_value(rib, table, addr, ctl_addr_bits(addr->family));
	int depth, local_depth = -1;
	uint32_t local = DP_NH_NONE;

	if (value != DP_NH_NONE)
		return value;
	value = longest_value(rib, table, addr, &depth);
	if (table_is_merged(rib, table, addr->family))
		local = longest_value(rib, rib->local, addr, &local_depth);
	return local != DP_NH_NONE && local_depth >= depth ? local : value;
}

const char *ctl_rib_fib_wrong(const struct ctl_rib *rib, struct ctl_rib_table *table,
			      const struct ctl_addr *prefix, uint8_t depth)
{
	struct ctl_addr last = ctl_addr_last(prefix, depth);

	/* While there is work some prefixes are behind, and so are the hosts below them. */
	if (ctl_rib_has_work(rib))
		return NULL;
	if (entry_get(table, prefix, depth) != entry_value(rib, table, prefix, depth))
		return "the data path was not told of its route";
	if (entry_lookup(table, prefix) != address_wanted(rib, table, prefix) ||
	    entry_lookup(table, &last) != address_wanted(rib, table, &last))
		return "the data path finds another route";
	return NULL;
}

void ctl_rib_fib_rewrite(struct ctl_rib *rib, struct ctl_rib_table *table,
			 const struct ctl_addr *prefix, uint8_t depth)
{
	uint64_t *n_written = &table->n_written[prefix->family == AF_INET6];
	uint64_t n = *n_written;

	entry_write(rib, table, prefix, depth, DP_NH_NONE);
	entry_refresh(rib, table, prefix, depth);
	/* what is right now was written before, and what was wrong was not */
	*n_written = n;
}

void ctl_rib_fib_refresh(struct ctl_rib *rib, uint32_t head)
{
	const struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_addr prefix = ctl_rib_route_prefix(rib, head);

	prefix_refresh(rib, ctl_rib_table_of(rib, route), &prefix, route->leaf.depth);
}

void ctl_rib_fib_remove(struct ctl_rib *rib, uint32_t head)
{
	const struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_rib_table *table = ctl_rib_table_of(rib, route);
	struct ctl_addr prefix = ctl_rib_route_prefix(rib, head);

	ctl_rib_table_remove(table, head, &prefix, route->leaf.depth);
	prefix_refresh(rib, table, &prefix, route->leaf.depth);
}

void ctl_rib_fib_merge(struct ctl_rib *rib, uint8_t family, bool merged)
{
	const struct ctl_trie *routes = ctl_rib_table_routes(rib->local, family);
	uint32_t number = ctl_trie_first(routes);

	if (ctl_rib_family(rib, family)->merged == merged)
		return;
	ctl_rib_family(rib, family)->merged = merged;
	while (number) {
		const struct ctl_trie_leaf *leaf = &ctl_rib_route_at(rib, number)->leaf;
		struct ctl_addr prefix = ctl_trie_addr(routes, leaf);

		table_refresh(rib, rib->main, &prefix, leaf->depth);
		number = ctl_trie_after(routes, &prefix, leaf->depth);
	}
}
