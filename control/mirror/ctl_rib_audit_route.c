#include "control/mirror/ctl_rib_audit.h"
#include "control/mirror/ctl_rib_tables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

static void route_differs(struct ctl_rib *rib, const struct ctl_addr *prefix, uint8_t depth,
			  const char *rest, const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_ROUTE, .addr = *prefix, .depth = depth };
	char object[CTL_DIFF_OBJECT_MAX], addr[INET6_ADDRSTRLEN] = "";

	inet_ntop(prefix->family, prefix->bytes, addr, sizeof(addr));
	snprintf(object, sizeof(object), "%s/%u%s", addr, depth, rest);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

static void message_differs(struct ctl_rib *rib, const struct ctl_nl_route *msg, const char *text)
{
	char rest[64];

	snprintf(rest, sizeof(rest), " table %u metric %u tos %u", msg->table, msg->metric,
		 msg->tos);
	route_differs(rib, &msg->prefix, msg->depth, rest, text);
}

static bool leads_alike(const struct ctl_rib *rib, const struct ctl_rib_route *route,
			const struct ctl_nl_route *msg)
{
	const struct ctl_rib_set *set = route->set;
	struct ctl_rib_set_key key;

	if (msg->nexthop_id != 0 || set->nexthop)
		return set->nexthop && set->nexthop->id == msg->nexthop_id;
	return ctl_rib_route_key(rib, msg, &key) && route->type == msg->type &&
	       ctl_rib_set_has_key(set, &key);
}

static bool route_is_alike(const struct ctl_rib *rib, const struct ctl_rib_route *route,
			   const struct ctl_nl_route *msg)
{
	const struct ctl_addr none = { .family = AF_UNSPEC };
	const struct ctl_addr *source = route->source ? &route->source->addr : &none;

	return route->protocol == msg->protocol && route->scope == msg->scope &&
	       ctl_addr_equal(source, &msg->prefsrc) && leads_alike(rib, route, msg);
}

/* The kernel shows equals in the order in which it prefers them: the first unseen is the next. */
int ctl_rib_audit_route(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	const struct ctl_trie_node *prefix;
	struct ctl_rib_route *route;
	bool is_next = true;

	if (!ctl_rib_route_is_followed(msg))
		return -ENOMSG;
	prefix = ctl_trie_find(&rib->routes, &msg->prefix, msg->depth);
	for (route = prefix ? prefix->item : NULL; route; route = route->next) {
		if (ctl_rib_route_order(route, msg) != 0 || route->audit == rib->audit)
			continue;
		if (route_is_alike(rib, route, msg))
			break;
		is_next = false;
	}
	if (!route) {
		message_differs(rib, msg, "only in the kernel");
		return 0;
	}
	route->audit = rib->audit;
	if (!is_next)
		message_differs(rib, msg, "comes earlier in the kernel");
	return 0;
}

static void audit_unshown(struct ctl_rib *rib, const struct ctl_trie_node *node)
{
	struct ctl_addr prefix = ctl_rib_route_prefix(node);
	const struct ctl_rib_route *route;
	char rest[64];

	for (route = node->item; route; route = route->next) {
		if (route->audit == rib->audit)
			continue;
		snprintf(rest, sizeof(rest), " table %u metric %u tos %u", route->table,
			 route->metric, route->tos);
		route_differs(rib, &prefix, node->depth, rest, "only in the mirror");
	}
}

static void fib_differs(struct ctl_rib *rib, const struct ctl_addr *addr, uint8_t depth,
			const char *text)
{
	struct ctl_diff_key key = { .kind = CTL_DIFF_FIB, .addr = *addr, .depth = depth };
	char object[CTL_DIFF_OBJECT_MAX], name[INET6_ADDRSTRLEN] = "";

	inet_ntop(addr->family, addr->bytes, name, sizeof(name));
	snprintf(object, sizeof(object), "%s/%u", name, depth);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

static void audit_fib(struct ctl_rib *rib, struct ctl_trie_node *node)
{
	struct ctl_addr prefix = ctl_rib_route_prefix(node);
	const char *wrong = ctl_rib_fib_wrong(rib, node);

	if (!wrong)
		return;
	fib_differs(rib, &prefix, node->depth, wrong);
	ctl_rib_fib_rewrite(rib, node);
}

static void audit_routes(struct ctl_rib *rib, struct ctl_trie_node *node)
{
	const struct ctl_rib_route *route;

	audit_unshown(rib, node);
	audit_fib(rib, node);
	for (route = node->item; route; route = route->next) {
		struct ctl_addr prefix = ctl_rib_route_prefix(node);

		if (!ctl_rib_set_is_written(rib, route->set))
			fib_differs(rib, &prefix, node->depth,
				    "its nexthop does not mean what it should");
	}
}

static void audit_host(struct ctl_rib *rib, struct ctl_trie_node *node)
{
	const struct ctl_rib_neigh *neigh;

	audit_fib(rib, node);
	for (neigh = node->item; neigh; neigh = neigh->next_host) {
		if (!ctl_rib_neigh_is_written(rib, neigh))
			fib_differs(rib, &neigh->addr, node->depth,
				    "its nexthop does not mean what it should");
	}
}

static struct ctl_trie_node *place_next(const struct ctl_rib *rib,
					struct ctl_rib_audit_place *place)
{
	const struct ctl_trie *trie = place->in_hosts ? &rib->hosts : &rib->routes;
	const struct ctl_addr all = { .family = AF_INET };
	struct ctl_trie_node *node;

	if (place->inside)
		node = ctl_trie_after(trie, &place->prefix, place->depth);
	else
		node = ctl_trie_first(trie, &all, 0);
	place->inside = node != NULL;
	if (!node)
		return NULL;
	place->prefix = ctl_rib_route_prefix(node);
	place->depth = node->depth;
	return node;
}

bool ctl_rib_audit_walk(struct ctl_rib *rib, struct ctl_rib_audit_place *place, unsigned n)
{
	const struct ctl_addr all = { .family = AF_INET };
	struct dp_route_stats stats;

	for (; n > 0; n--) {
		struct ctl_trie_node *node = place_next(rib, place);

		if (node && place->in_hosts)
			audit_host(rib, node);
		else if (node)
			audit_routes(rib, node);
		else if (place->in_hosts)
			break;
		else
			place->in_hosts = true;
	}
	if (n > 0) {
		dp_route_stats_get(rib->params.routing, &stats);
		if (stats.routes != rib->n_written)
			fib_differs(rib, &all, 0, "the data path has routes that were not written");
	}
	return n == 0;
}
