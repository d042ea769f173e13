#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>

#define HOST_DEPTH 32

static void fib_write(struct ctl_rib *rib, const struct ctl_trie *trie, uint32_t number,
		      uint32_t value)
{
	struct ctl_trie_leaf *leaf = ctl_trie_at(trie, number);
	struct ctl_addr prefix = ctl_trie_addr(trie, leaf);
	uint32_t addr = ctl_addr_ipv4(&prefix);

	if (leaf->value == value)
		return;
	if (value != DP_NH_NONE &&
	    dp_route_set(rib->params.routing, addr, leaf->depth, value) == 0) {
		rib->n_written += leaf->value == DP_NH_NONE;
		leaf->value = value & 0xffffff;
		return;
	}
	/* Rather no entry than one that names an index about to be freed. */
	if (leaf->value != DP_NH_NONE) {
		dp_route_del(rib->params.routing, addr, leaf->depth);
		rib->n_written--;
	}
	leaf->value = DP_NH_NONE;
	if (value != DP_NH_NONE) {
		rib->fib_errors++;
		rib->suspect = true;
	}
}

/* Lookups for another TOS would take another route than those for none. */
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
	uint32_t number = ctl_trie_match(&rib->routes, addr, HOST_DEPTH);

	while (number) {
		const struct ctl_rib_route *head = ctl_rib_route_at(rib, number);

		if (prefix_needs_tos(rib, head) || ctl_rib_fib_route(rib, head))
			return head;
		number = ctl_trie_up(&rib->routes, number);
	}
	return NULL;
}

/* What the /32 of an address is to name; DP_NH_NONE: the prefix that covers it does. */
static uint32_t address_value(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_rib_route *cover = cover_of(rib, addr);
	const struct ctl_rib_neigh *neigh;
	const struct ctl_rib_route *route;
	const struct ctl_rib_set *set;

	if (!cover)
		return DP_NH_NONE;
	route = ctl_rib_fib_route(rib, cover);
	if (!route || prefix_needs_tos(rib, cover))
		return cover->leaf.depth == HOST_DEPTH ? rib->punt_index : DP_NH_NONE;
	set = ctl_rib_set_at(rib, route->set);
	neigh = host_neigh(rib, set, addr);
	if (neigh)
		return neigh->dp_index;
	return cover->leaf.depth == HOST_DEPTH ? set->dp_index : DP_NH_NONE;
}

static uint32_t prefix_value(const struct ctl_rib *rib, const struct ctl_rib_route *head)
{
	const struct ctl_rib_route *route = ctl_rib_fib_route(rib, head);
	struct ctl_addr addr = ctl_rib_route_prefix(rib, head);

	if (head->leaf.depth == HOST_DEPTH)
		return address_value(rib, &addr);
	if (prefix_needs_tos(rib, head))
		return rib->punt_index;
	return route ? ctl_rib_set_at(rib, route->set)->dp_index : DP_NH_NONE;
}

static uint32_t host_find(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	return rib->hosts.n_prefixes ? ctl_trie_find(&rib->hosts, addr, HOST_DEPTH) : 0;
}

/* The /32 of an address belongs to the route that names it, if there is one, else to the host. */
static void address_refresh(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie *trie = &rib->routes;
	uint32_t owner = ctl_trie_find(trie, addr, HOST_DEPTH);

	if (!owner) {
		trie = &rib->hosts;
		owner = host_find(rib, addr);
	}
	if (owner)
		fib_write(rib, trie, owner, address_value(rib, addr));
}

static void hosts_refresh(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth)
{
	uint32_t host = ctl_trie_find(&rib->hosts, prefix, depth);

	if (!host)
		host = ctl_trie_after(&rib->hosts, prefix, depth);
	while (host && ctl_trie_is_inside(&rib->hosts, host, prefix, depth)) {
		struct ctl_addr addr = ctl_trie_addr(&rib->hosts, ctl_trie_at(&rib->hosts, host));

		address_refresh(rib, &addr);
		host = ctl_trie_after(&rib->hosts, &addr, HOST_DEPTH);
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
	uint32_t number = host_find(rib, addr);

	if (number && ctl_trie_at(&rib->hosts, number)->value != DP_NH_NONE)
		return ctl_trie_at(&rib->hosts, number)->value;
	number = ctl_trie_match(&rib->routes, addr, HOST_DEPTH);
	while (number && ctl_rib_route_at(rib, number)->leaf.value == DP_NH_NONE)
		number = ctl_trie_up(&rib->routes, number);
	return number ? ctl_rib_route_at(rib, number)->leaf.value : DP_NH_NONE;
}

static bool address_is_written(const struct ctl_rib *rib, uint32_t value)
{
	struct ctl_addr addr = ctl_addr_from_ipv4(value);

	return dp_route_lookup(rib->params.routing, value) == written_value(rib, &addr);
}

static uint32_t leaf_value(const struct ctl_rib *rib, const struct ctl_trie *trie, uint32_t number)
{
	struct ctl_addr addr = ctl_trie_addr(trie, ctl_trie_at(trie, number));

	if (trie == &rib->routes)
		return prefix_value(rib, ctl_rib_route_at(rib, number));
	/* A host whose address has a route leaves the entry to it. */
	if (ctl_trie_find(&rib->routes, &addr, HOST_DEPTH))
		return DP_NH_NONE;
	return address_value(rib, &addr);
}

const char *ctl_rib_fib_wrong(const struct ctl_rib *rib, const struct ctl_trie *trie,
			      uint32_t number)
{
	const struct ctl_trie_leaf *leaf = ctl_trie_at(trie, number);
	struct ctl_addr prefix = ctl_trie_addr(trie, leaf);
	uint32_t first = ctl_addr_ipv4(&prefix);
	uint32_t last = first | (uint32_t)(0xffffffffULL >> leaf->depth);

	/* While there is work some prefixes are behind, and so are the hosts below them. */
	if (!ctl_rib_has_work(rib) && leaf->value != leaf_value(rib, trie, number))
		return "the data path was not told of its route";
	if (!address_is_written(rib, first) || !address_is_written(rib, last))
		return "the data path finds another route";
	return NULL;
}

void ctl_rib_fib_rewrite(struct ctl_rib *rib, const struct ctl_trie *trie, uint32_t number)
{
	fib_write(rib, trie, number, DP_NH_NONE);
	fib_write(rib, trie, number, leaf_value(rib, trie, number));
}

void ctl_rib_fib_refresh(struct ctl_rib *rib, uint32_t head)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_addr addr = ctl_rib_route_prefix(rib, route);
	uint8_t depth = route->leaf.depth;
	uint32_t host = depth == HOST_DEPTH ? host_find(rib, &addr) : 0;

	if (host && ctl_trie_at(&rib->hosts, host)->value != DP_NH_NONE)
		entry_move(ctl_trie_at(&rib->hosts, host), &route->leaf);
	fib_write(rib, &rib->routes, head, prefix_value(rib, route));
	if (depth < HOST_DEPTH && rib->hosts.n_prefixes)
		hosts_refresh(rib, &addr, depth);
}

void ctl_rib_fib_remove(struct ctl_rib *rib, uint32_t head)
{
	struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_addr addr = ctl_rib_route_prefix(rib, route);
	uint8_t depth = route->leaf.depth;
	uint32_t host = depth == HOST_DEPTH ? host_find(rib, &addr) : 0;

	if (host)
		entry_move(&route->leaf, ctl_trie_at(&rib->hosts, host));
	else
		fib_write(rib, &rib->routes, head, DP_NH_NONE);
	ctl_trie_remove(&rib->routes, head);
	if (rib->hosts.n_prefixes)
		hosts_refresh(rib, &addr, depth);
}

static struct ctl_rib_host *host_at(const struct ctl_rib *rib, uint32_t host)
{
	return ctl_pool_at(&rib->host_pool, host);
}

static uint32_t host_create(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	uint32_t host = ctl_pool_alloc(&rib->host_pool);

	if (host && ctl_trie_insert(&rib->hosts, host, addr, HOST_DEPTH) < 0) {
		ctl_pool_free(&rib->host_pool, host);
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
	neigh->next_host = host_at(rib, host)->neighs;
	host_at(rib, host)->neighs = neigh;
	neigh->in_hosts = true;
	address_refresh(rib, &neigh->addr);
	return 0;
}

void ctl_rib_fib_host_del(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct ctl_rib_neigh **at;
	uint32_t host;

	if (!neigh->in_hosts)
		return;
	neigh->in_hosts = false;
	address_refresh(rib, &neigh->addr);
	host = host_find(rib, &neigh->addr);
	at = &host_at(rib, host)->neighs;
	while (*at != neigh)
		at = &(*at)->next_host;
	*at = neigh->next_host;
	if (host_at(rib, host)->neighs)
		return;
	ctl_trie_remove(&rib->hosts, host);
	ctl_pool_free(&rib->host_pool, host);
}
