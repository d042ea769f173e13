#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>

#define HOST_DEPTH 32

static void fib_write(struct ctl_rib *rib, struct ctl_trie_node *node, uint32_t value)
{
	struct ctl_addr prefix = ctl_rib_route_prefix(node);
	uint32_t addr = ctl_addr_ipv4(&prefix);

	if (node->value == value)
		return;
	if (value != DP_NH_NONE &&
	    dp_route_set(rib->params.routing, addr, node->depth, value) == 0) {
		rib->n_written += node->value == DP_NH_NONE;
		node->value = value;
		return;
	}
	/* Rather no entry than one that names an index about to be freed. */
	if (node->value != DP_NH_NONE) {
		dp_route_del(rib->params.routing, addr, node->depth);
		rib->n_written--;
	}
	node->value = DP_NH_NONE;
	if (value != DP_NH_NONE) {
		rib->fib_errors++;
		rib->suspect = true;
	}
}

/* Lookups for another TOS would take another route than those for none. */
static bool prefix_needs_tos(const struct ctl_trie_node *node)
{
	const struct ctl_rib_route *route;

	for (route = node->item; route; route = route->next) {
		if (route->tos != 0)
			return true;
	}
	return false;
}

const struct ctl_rib_route *ctl_rib_fib_route(const struct ctl_trie_node *prefix)
{
	const struct ctl_rib_route *route = prefix->item;

	while (route && route->set->skipped)
		route = route->next;
	return route;
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

/* The longest prefix that decides an address, or NULL. */
static const struct ctl_trie_node *cover_of(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie_node *cover = ctl_trie_match(&rib->routes, addr);

	while (cover && !prefix_needs_tos(cover) && !ctl_rib_fib_route(cover))
		cover = ctl_trie_up(cover);
	return cover;
}

/* What the /32 of an address is to name; DP_NH_NONE: the prefix that covers it does. */
static uint32_t address_value(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie_node *cover = cover_of(rib, addr);
	const struct ctl_rib_neigh *neigh;
	const struct ctl_rib_route *route;

	if (!cover)
		return DP_NH_NONE;
	route = ctl_rib_fib_route(cover);
	if (!route || prefix_needs_tos(cover))
		return cover->depth == HOST_DEPTH ? rib->punt_index : DP_NH_NONE;
	neigh = host_neigh(rib, route->set, addr);
	if (neigh)
		return neigh->dp_index;
	return cover->depth == HOST_DEPTH ? route->set->dp_index : DP_NH_NONE;
}

static uint32_t prefix_value(const struct ctl_rib *rib, const struct ctl_trie_node *node)
{
	const struct ctl_rib_route *route = ctl_rib_fib_route(node);
	struct ctl_addr addr = ctl_rib_route_prefix(node);

	if (node->depth == HOST_DEPTH)
		return address_value(rib, &addr);
	if (prefix_needs_tos(node))
		return rib->punt_index;
	return route ? route->set->dp_index : DP_NH_NONE;
}

/* The /32 of an address belongs to the route that names it, if there is one, else to the host. */
static void address_refresh(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	struct ctl_trie_node *owner = ctl_trie_find(&rib->routes, addr, HOST_DEPTH);

	if (!owner)
		owner = ctl_trie_find(&rib->hosts, addr, HOST_DEPTH);
	if (owner)
		fib_write(rib, owner, address_value(rib, addr));
}

static void hosts_refresh(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth)
{
	struct ctl_trie_node *host = ctl_trie_first(&rib->hosts, prefix, depth);

	for (; host; host = ctl_trie_next(host, prefix, depth)) {
		struct ctl_addr addr = ctl_rib_route_prefix(host);

		address_refresh(rib, &addr);
	}
}

/* What was written for an address: by its host, or by the longest route that has an entry. */
static uint32_t written_value(const struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie_node *node = ctl_trie_find(&rib->hosts, addr, HOST_DEPTH);

	if (node && node->value != DP_NH_NONE)
		return node->value;
	node = ctl_trie_match(&rib->routes, addr);
	while (node && node->value == DP_NH_NONE)
		node = ctl_trie_up(node);
	return node ? node->value : DP_NH_NONE;
}

static bool address_is_written(const struct ctl_rib *rib, uint32_t value)
{
	struct ctl_addr addr = ctl_addr_from_ipv4(value);

	return dp_route_lookup(rib->params.routing, value) == written_value(rib, &addr);
}

/* A host whose address has a route leaves the entry to it. */
static uint32_t node_value(const struct ctl_rib *rib, const struct ctl_trie_node *node)
{
	struct ctl_addr addr = ctl_rib_route_prefix(node);
	const struct ctl_trie_node *route;

	if (node->depth < HOST_DEPTH)
		return prefix_value(rib, node);
	route = ctl_trie_find(&rib->routes, &addr, HOST_DEPTH);
	return route && route != node ? DP_NH_NONE : address_value(rib, &addr);
}

const char *ctl_rib_fib_wrong(const struct ctl_rib *rib, const struct ctl_trie_node *node)
{
	struct ctl_addr prefix = ctl_rib_route_prefix(node);
	uint32_t first = ctl_addr_ipv4(&prefix);
	uint32_t last = first | (uint32_t)(0xffffffffULL >> node->depth);

	if (node->value != node_value(rib, node))
		return "the data path was not told of its route";
	if (!address_is_written(rib, first) || !address_is_written(rib, last))
		return "the data path finds another route";
	return NULL;
}

void ctl_rib_fib_rewrite(struct ctl_rib *rib, struct ctl_trie_node *node)
{
	fib_write(rib, node, DP_NH_NONE);
	fib_write(rib, node, node_value(rib, node));
}

void ctl_rib_fib_refresh(struct ctl_rib *rib, struct ctl_trie_node *prefix)
{
	struct ctl_addr addr = ctl_rib_route_prefix(prefix);
	struct ctl_trie_node *host = NULL;

	if (prefix->depth == HOST_DEPTH)
		host = ctl_trie_find(&rib->hosts, &addr, HOST_DEPTH);
	if (host && host->value != DP_NH_NONE) {
		prefix->value = host->value;
		host->value = DP_NH_NONE;
	}
	fib_write(rib, prefix, prefix_value(rib, prefix));
	if (prefix->depth < HOST_DEPTH)
		hosts_refresh(rib, &addr, prefix->depth);
}

void ctl_rib_fib_remove(struct ctl_rib *rib, struct ctl_trie_node *prefix)
{
	struct ctl_addr addr = ctl_rib_route_prefix(prefix);
	uint32_t value = prefix->value;
	uint8_t depth = prefix->depth;
	struct ctl_trie_node *host = NULL;

	if (depth == HOST_DEPTH)
		host = ctl_trie_find(&rib->hosts, &addr, HOST_DEPTH);
	if (host)
		host->value = value;
	else
		fib_write(rib, prefix, DP_NH_NONE);
	ctl_trie_remove(&rib->routes, prefix);
	hosts_refresh(rib, &addr, depth);
}

int ctl_rib_fib_host_add(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct ctl_trie_node *host;

	if (neigh->in_hosts)
		return 0;
	host = ctl_trie_insert(&rib->hosts, &neigh->addr, HOST_DEPTH, neigh);
	if (!host) {
		rib->suspect = true;
		return -ENOMEM;
	}
	neigh->next_host = host->item == neigh ? NULL : host->item;
	host->item = neigh;
	neigh->in_hosts = true;
	address_refresh(rib, &neigh->addr);
	return 0;
}

void ctl_rib_fib_host_del(struct ctl_rib *rib, struct ctl_rib_neigh *neigh)
{
	struct ctl_trie_node *host;
	struct ctl_rib_neigh *at;

	if (!neigh->in_hosts)
		return;
	neigh->in_hosts = false;
	address_refresh(rib, &neigh->addr);
	host = ctl_trie_find(&rib->hosts, &neigh->addr, HOST_DEPTH);
	if (!host)
		return;
	at = host->item;
	if (at != neigh) {
		while (at->next_host != neigh)
			at = at->next_host;
		at->next_host = neigh->next_host;
		return;
	}
	host->item = neigh->next_host;
	if (!host->item)
		ctl_trie_remove(&rib->hosts, host);
}
