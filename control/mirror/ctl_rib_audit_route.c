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
	const struct ctl_rib_set *set = ctl_rib_set_at(rib, route->set);
	struct ctl_rib_set_key key;

	if (msg->nexthop_id != 0 || set->nexthop)
		return set->nexthop && set->nexthop->id == msg->nexthop_id;
	if (!ctl_rib_route_key(rib, msg, &key) || route->type != msg->type)
		return false;
	/* Of IPv6 paths without carrier the kernel shows some as dead that are only unusable. */
	for (unsigned i = 0; key.family == AF_INET6 && i < key.n_paths && i < set->n_paths; i++) {
		if (!ctl_rib_link_is_alive(ctl_rib_link_find(rib, key.paths[i].ifindex)))
			key.paths[i].dead = set->paths[i].dead;
	}
	return ctl_rib_set_has_key(set, &key);
}

static bool route_is_alike(const struct ctl_rib *rib, const struct ctl_rib_route *route,
			   const struct ctl_nl_route *msg)
{
	struct ctl_addr source = ctl_rib_source_addr(rib, route->source);

	return route->protocol == msg->protocol && route->scope == msg->scope &&
	       ctl_addr_equal(&source, &msg->prefsrc) && leads_alike(rib, route, msg);
}

/*
 * The kernel shows equals in the order in which it prefers them: the first unseen is the next. What
 * it has twice, as may be in IPv6, is here once after a synchronisation.
 */
int ctl_rib_audit_route(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	struct ctl_rib_route *route;
	bool is_next = true;
	bool is_twice = false;

	/* beyond the tables that there is room for nothing is followed */
	if (!ctl_rib_route_is_followed(msg) ||
	    (!ctl_rib_table_find(rib, msg->table) && ctl_rib_table_is_full(rib)))
		return -ENOMSG;
	route = ctl_rib_route_find(rib, msg->table, &msg->prefix, msg->depth);
	for (; route; route = ctl_rib_route_next(rib, route)) {
		if (ctl_rib_route_order(route, msg) != 0 || ctl_rib_route_is_doomed(rib, route))
			continue;
		if (route->audit == rib->audit) {
			is_twice |= route_is_alike(rib, route, msg);
			continue;
		}
		if (route_is_alike(rib, route, msg))
			break;
		is_next = false;
	}
	if (!route) {
		if (!is_twice || msg->prefix.family != AF_INET6)
			message_differs(rib, msg, "only in the kernel");
		return 0;
	}
	route->audit = rib->audit;
	if (!is_next)
		message_differs(rib, msg, "comes earlier in the kernel");
	return 0;
}

static void audit_unshown(struct ctl_rib *rib, const struct ctl_addr *prefix,
			  const struct ctl_rib_route *route)
{
	char rest[64];

	if (route->audit == rib->audit || ctl_rib_route_is_doomed(rib, route))
		return;
	snprintf(rest, sizeof(rest), " table %u metric %u tos %u", ctl_rib_table_of(rib, route)->id,
		 route->metric, route->tos);
	route_differs(rib, prefix, route->leaf.depth, rest, "only in the mirror");
}

static void fib_differs(struct ctl_rib *rib, const struct ctl_rib_table *table,
			const struct ctl_addr *addr, uint8_t depth, const char *text)
{
	struct ctl_diff_key key = {
		.kind = CTL_DIFF_FIB, .number = table->id, .addr = *addr, .depth = depth
	};
	char object[CTL_DIFF_OBJECT_MAX], name[INET6_ADDRSTRLEN] = "";

	inet_ntop(addr->family, addr->bytes, name, sizeof(name));
	snprintf(object, sizeof(object), "%s/%u table %u", name, depth, table->id);
	ctl_diffs_add(&rib->diffs, &key, object, text);
}

static void audit_fib(struct ctl_rib *rib, struct ctl_rib_table *table,
		      const struct ctl_addr *prefix, uint8_t depth)
{
	const char *wrong = ctl_rib_fib_wrong(rib, table, prefix, depth);

	if (!wrong)
		return;
	fib_differs(rib, table, prefix, depth, wrong);
	ctl_rib_fib_rewrite(rib, table, prefix, depth);
}

static const char nexthop_is_wrong[] = "its nexthop does not mean what it should";

static void audit_prefix(struct ctl_rib *rib, uint32_t head)
{
	const struct ctl_rib_route *route = ctl_rib_route_at(rib, head);
	struct ctl_rib_table *table = ctl_rib_table_of(rib, route);
	struct ctl_addr prefix = ctl_rib_route_prefix(rib, head);

	audit_fib(rib, table, &prefix, route->leaf.depth);
	if (table == rib->local)
		audit_fib(rib, rib->main, &prefix, route->leaf.depth);
	for (; route; route = ctl_rib_route_next(rib, route)) {
		audit_unshown(rib, &prefix, route);
		if (!ctl_rib_set_is_written(rib, ctl_rib_set_at(rib, route->set)))
			fib_differs(rib, table, &prefix, route->leaf.depth, nexthop_is_wrong);
	}
}

static void audit_host(struct ctl_rib *rib, const struct ctl_rib_family *family, uint32_t number)
{
	const struct ctl_rib_host *host = ctl_pool_at(&family->host_pool, number);
	struct ctl_addr addr = ctl_trie_addr(&family->hosts, &host->leaf);
	const struct ctl_rib_neigh *neigh;

	for (unsigned i = 0; i < CTL_RIB_TABLES_MAX; i++) {
		if (rib->tables[i])
			audit_fib(rib, rib->tables[i], &addr, host->leaf.depth);
	}
	for (neigh = host->neighs; neigh; neigh = neigh->next_host) {
		if (!ctl_rib_neigh_is_written(rib, neigh))
			fib_differs(rib, rib->main, &addr, host->leaf.depth, nexthop_is_wrong);
	}
}

static uint8_t place_family(const struct ctl_rib_audit_place *place)
{
	return place->stage == CTL_RIB_AUDIT_ROUTES6 || place->stage == CTL_RIB_AUDIT_HOSTS6
		       ? AF_INET6
		       : AF_INET;
}

static bool place_is_in_hosts(const struct ctl_rib_audit_place *place)
{
	return place->stage == CTL_RIB_AUDIT_HOSTS || place->stage == CTL_RIB_AUDIT_HOSTS6;
}

/* The next object of a trie, 0 at its end. */
static uint32_t trie_next(const struct ctl_trie *trie, struct ctl_rib_audit_place *place)
{
	uint32_t number;

	if (place->inside)
		number = ctl_trie_after(trie, &place->prefix, place->depth);
	else
		number = ctl_trie_first(trie);
	place->inside = number != 0;
	if (!number)
		return 0;
	place->prefix = ctl_trie_addr(trie, ctl_trie_at(trie, number));
	place->depth = ctl_trie_at(trie, number)->depth;
	return number;
}

static void audit_size(struct ctl_rib *rib, const struct ctl_rib_table *table, uint8_t family)
{
	const struct ctl_addr all = { .family = family };
	uint64_t n_routes = family == AF_INET6 ? dp_table6_routes(table->dp)
					       : dp_table_routes(table->dp);

	if (n_routes != table->n_written[family == AF_INET6])
		fib_differs(rib, table, &all, 0, "the data path has routes that were not written");
}

/* One prefix of a table, or its end. @return false when there is no further table */
static bool audit_routes(struct ctl_rib *rib, struct ctl_rib_audit_place *place)
{
	struct ctl_rib_table *table = ctl_rib_table_from(rib, place->table);
	uint32_t number;

	if (!table)
		return false;
	/* it may have gone meanwhile, and another come */
	if (table->id != place->table)
		place->inside = false;
	place->table = table->id;
	number = trie_next(ctl_rib_table_routes(table, place_family(place)), place);
	if (number) {
		audit_prefix(rib, number);
		return true;
	}
	audit_size(rib, table, place_family(place));
	place->table++;
	return true;
}

static bool audit_hosts(struct ctl_rib *rib, struct ctl_rib_audit_place *place)
{
	const struct ctl_rib_family *family = ctl_rib_family(rib, place_family(place));
	uint32_t number = trie_next(&family->hosts, place);

	if (number)
		audit_host(rib, family, number);
	return number != 0;
}

bool ctl_rib_audit_walk(struct ctl_rib *rib, struct ctl_rib_audit_place *place, unsigned n)
{
	for (; n > 0 && place->stage < CTL_RIB_AUDIT_END; n--) {
		if (place_is_in_hosts(place) ? audit_hosts(rib, place) : audit_routes(rib, place))
			continue;
		place->stage++;
		place->table = 0;
	}
	return place->stage < CTL_RIB_AUDIT_END;
}
