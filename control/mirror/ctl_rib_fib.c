#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>

static struct dp_ip6 ip6_of(const struct ctl_addr *addr)
{
	struct dp_ip6 ip6;

	memcpy(ip6.bytes, addr->bytes, sizeof(ip6.bytes));
	return ip6;
}

static int entry_set(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth,
		     uint32_t value)
{
	struct dp_ip6 ip6 = ip6_of(prefix);

	if (prefix->family == AF_INET6)
		return dp_route6_set(rib->params.routing, &ip6, depth, value);
	return dp_route_set(rib->params.routing, ctl_addr_ipv4(prefix), depth, value);
}

static void entry_del(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth)
{
	struct dp_ip6 ip6 = ip6_of(prefix);

	if (prefix->family == AF_INET6)
		dp_route6_del(rib->params.routing, &ip6, depth);
	else
		dp_route_del(rib->params.routing, ctl_addr_ipv4(prefix), depth);
}

static uint32_t entry_lookup(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	struct dp_ip6 ip6 = ip6_of(addr);

	if (addr->family == AF_INET6)
		return dp_route6_lookup(rib->params.routing, &ip6);
	return dp_route_lookup(rib->params.routing, ctl_addr_ipv4(addr));
}

static void fib_write(struct ctl_rib *rib, const struct ctl_trie *trie, uint32_t number,
		      uint32_t value)
{
	struct ctl_rib_family *family = ctl_rib_family(rib, trie->family);
	struct ctl_trie_leaf *leaf = ctl_trie_at(trie, number);
	struct ctl_addr prefix = ctl_trie_addr(trie, leaf);

	if (leaf->value == value)
		return;
	if (value != DP_NH_NONE && entry_set(rib, &prefix, leaf->depth, value) == 0) {
		family->n_written += leaf->value == DP_NH_NONE;
		leaf->value = value & 0xffffff;
		return;
	}
	/* Rather no entry than one that names an index about to be freed. */
	if (leaf->value != DP_NH_NONE) {
		entry_del(rib, &prefix, leaf->depth);
		family->n_written--;
	}
	leaf->value = DP_NH_NONE;
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

/* The first route of the longest prefix that decides an address, or NULL. */
static const struct ctl_rib_route *cover_of(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie *routes = &ctl_rib_family(rib, addr->family)->routes;
	uint32_t number = ctl_trie_match(routes, addr, ctl_addr_bits(addr->family));

	while (number) {
		const struct ctl_rib_route *head = ctl_rib_route_at(rib, number);

		if (prefix_needs_tos(rib, head) || ctl_rib_fib_route(rib, head))
			return head;
		number = ctl_trie_up(routes, number);
	}
	return NULL;
}

/* What the entry of an address of its own is to name; DP_NH_NONE: the prefix that covers it does. */
static uint32_t address_value(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_rib_route *cover = cover_of(rib, addr);
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

static uint32_t prefix_value(const struct ctl_rib *rib, uint32_t number)
{
	const struct ctl_rib_route *head = ctl_rib_route_at(rib, number);
	const struct ctl_rib_route *route = ctl_rib_fib_route(rib, head);
	struct ctl_addr addr = ctl_rib_route_prefix(rib, number);

	if (head->leaf.depth == ctl_addr_bits(addr.family))
		return address_value(rib, &addr);
	if (prefix_needs_tos(rib, head))
		return rib->punt_index;
	return route ? ctl_rib_set_at(rib, route->set)->dp_index : DP_NH_NONE;
}

static uint32_t host_find(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie *hosts = &ctl_rib_family(rib, addr->family)->hosts;

	return hosts->n_prefixes ? ctl_trie_find(hosts, addr, ctl_addr_bits(addr->family)) : 0;
}

/* The entry of an address belongs to the route that names it, if there is one, else to the host. */
static void address_refresh(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie *trie = &ctl_rib_family(rib, addr->family)->routes;
	uint32_t owner = ctl_trie_find(trie, addr, ctl_addr_bits(addr->family));

	if (!owner) {
		trie = &ctl_rib_family(rib, addr->family)->hosts;
		owner = host_find(rib, addr);
	}
	if (owner)
		fib_write(rib, trie, owner, address_value(rib, addr));
}

static void hosts_refresh(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth)
{
	const struct ctl_trie *hosts = &ctl_rib_family(rib, prefix->family)->hosts;
	uint32_t host = ctl_trie_find(hosts, prefix, depth);

	if (!host)
		host = ctl_trie_after(hosts, prefix, depth);
	while (host && ctl_trie_is_inside(hosts, host, prefix, depth)) {
		struct ctl_addr addr = ctl_trie_addr(hosts, ctl_trie_at(hosts, host));

		address_refresh(rib, &addr);
		host = ctl_trie_after(hosts, &addr, ctl_addr_bits(addr.family));
	}
}

/* Hands the entry of an address over, without writing it. */
static void entry_move(struct ctl_trie_leaf *from, struct ctl_trie_leaf *to)
{
	to->value = from->value;
	from->value = DP_NH_NONE;
}

/* What was written for an address: by its host, or by the longest route that has an entry. */
static uint32_t written_value(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_rib_family *family = ctl_rib_family(rib, addr->family);
	uint32_t number = host_find(rib, addr);

	if (number && ctl_trie_at(&family->hosts, number)->value != DP_NH_NONE)
		return ctl_trie_at(&family->hosts, number)->value;
	number = ctl_trie_match(&family->routes, addr, ctl_addr_bits(addr->family));
	while (number && ctl_rib_route_at(rib, number)->leaf.value == DP_NH_NONE)
		number = ctl_trie_up(&family->routes, number);
	return number ? ctl_rib_route_at(rib, number)->leaf.value : DP_NH_NONE;
}

static bool address_is_written(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	return entry_lookup(rib, addr) == written_value(rib, addr);
}

static uint32_t leaf_value(const struct ctl_rib *rib, const struct ctl_trie *trie, uint32_t number)
{
	const struct ctl_trie *routes = &ctl_rib_family(rib, trie->family)->routes;
	struct ctl_addr addr = ctl_trie_addr(trie, ctl_trie_at(trie, number));

	if (trie == routes)
		return prefix_value(rib, number);
	/* A host whose address has a route leaves the entry to it. */
	if (ctl_trie_find(routes, &addr, ctl_addr_bits(addr.family)))
		return DP_NH_NONE;
	return address_value(rib, &addr);
}

const char *ctl_rib_fib_wrong(const struct ctl_rib *rib, const struct ctl_trie *trie,
			      uint32_t number)
{
	const struct ctl_trie_leaf *leaf = ctl_trie_at(trie, number);
	struct ctl_addr first = ctl_trie_addr(trie, leaf);
	struct ctl_addr last = ctl_addr_last(&first, leaf->depth);

	/* While there is work some prefixes are behind, and so are the hosts below them. */
	if (!ctl_rib_has_work(rib) && leaf->value != leaf_value(rib, trie, number))
		return "the data path was not told of its route";
	if (!address_is_written(rib, &first) || !address_is_written(rib, &last))
		return "the data path finds another route";
	return NULL;
}

void ctl_rib_fib_rewrite(struct ctl_rib *rib, const struct ctl_trie *trie, uint32_t number)
{
	fib_write(rib, trie, number, DP_NH_NONE);
	fib_write(rib, trie, number, leaf_value(rib, trie, number));
}

/* The host of a route that names an address. */
static struct ctl_trie_leaf *route_host(const struct ctl_rib *rib, const struct ctl_addr *prefix,
					uint8_t depth)
{
	uint32_t host = depth == ctl_addr_bits(prefix->family) ? host_find(rib, prefix) : 0;

	return host ? ctl_trie_at(&ctl_rib_family(rib, prefix->family)->hosts, host) : NULL;
}

static void inside_refresh(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth)
{
	if (ctl_rib_family(rib, prefix->family)->hosts.n_prefixes)
		hosts_refresh(rib, prefix, depth);
}

void ctl_rib_fib_refresh(struct ctl_rib *rib, uint32_t head)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_addr addr = ctl_rib_route_prefix(rib, head);
	uint8_t depth = route->leaf.depth;
	struct ctl_trie_leaf *host = route_host(rib, &addr, depth);

	if (host && host->value != DP_NH_NONE)
		entry_move(host, &route->leaf);
	fib_write(rib, &ctl_rib_family(rib, addr.family)->routes, head, prefix_value(rib, head));
	if (depth < ctl_addr_bits(addr.family))
		inside_refresh(rib, &addr, depth);
}

void ctl_rib_fib_remove(struct ctl_rib *rib, uint32_t head)
{
	struct ctl_trie *routes = &ctl_rib_family_at(rib, head)->routes;
	struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_addr addr = ctl_rib_route_prefix(rib, head);
	uint8_t depth = route->leaf.depth;
	struct ctl_trie_leaf *host = route_host(rib, &addr, depth);

	if (host)
		entry_move(&route->leaf, host);
	else
		fib_write(rib, routes, head, DP_NH_NONE);
	ctl_trie_remove(routes, head);
	inside_refresh(rib, &addr, depth);
}

static struct ctl_rib_host *host_at(const struct ctl_rib *rib, uint8_t family, uint32_t host)
{
	return ctl_pool_at(&ctl_rib_family(rib, family)->host_pool, host);
}

static uint32_t host_create(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	struct ctl_rib_family *family = ctl_rib_family(rib, addr->family);
	uint32_t host = ctl_pool_alloc(&family->host_pool);

	if (host && ctl_trie_insert(&family->hosts, host, addr, ctl_addr_bits(addr->family)) < 0) {
		ctl_pool_free(&family->host_pool, host);
		return 0;
	}
	return host;
}

int ctl_rib_fib_host_add(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	uint32_t host;

	if (neigh->in_hosts)
		return 0;
	host = host_find(rib, &neigh->addr);
	if (!host)
		host = host_create(rib, &neigh->addr);
	if (!host) {
		rib->suspect = true;
		return -ENOMEM;
	}
	neigh->next_host = host_at(rib, neigh->addr.family, host)->neighs;
	host_at(rib, neigh->addr.family, host)->neighs = neigh;
	neigh->in_hosts = true;
	address_refresh(rib, &neigh->addr);
	return 0;
}

void ctl_rib_fib_host_del(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct ctl_rib_family *family = ctl_rib_family(rib, neigh->addr.family);
	struct ctl_rib_host *host;
	struct ctl_rib_neigh **at;
	uint32_t number;

	if (!neigh->in_hosts)
		return;
	neigh->in_hosts = false;
	address_refresh(rib, &neigh->addr);
	number = host_find(rib, &neigh->addr);
	host = host_at(rib, neigh->addr.family, number);
	at = &host->neighs;
	while (*at != neigh)
		at = &(*at)->next_host;
	*at = neigh->next_host;
	if (host->neighs)
		return;
	ctl_trie_remove(&family->hosts, number);
	ctl_pool_free(&family->host_pool, number);
}
