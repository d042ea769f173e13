#include "control/mirror/ctl_rib_tables.h"

#include <errno.h>
#include <stdlib.h>

#include <linux/rtnetlink.h>

struct ctl_addr ctl_rib_route_prefix(const struct ctl_trie_node *prefix)
{
	struct ctl_addr addr = { .family = AF_INET };

	memcpy(addr.bytes, prefix->key, sizeof(addr.bytes));
	return addr;
}

static struct ctl_rib_route_queue *queue_of(struct ctl_rib *rib, const struct ctl_rib_route *route)
{
	return route->gen == rib->gen ? &rib->seen : &rib->unseen;
}

static void route_mark_seen(struct ctl_rib *rib, struct ctl_rib_route *route)
{
	TAILQ_REMOVE(queue_of(rib, route), route, by_gen);
	route->gen = rib->gen;
	route->audit = rib->audit;
	TAILQ_INSERT_TAIL(&rib->seen, route, by_gen);
}

/*
 * The order in which the kernel tries routes of one prefix: the local table, which it merges with
 * the main one while there are no rules, then TOS, then metric.
 */
int ctl_rib_route_order(const struct ctl_rib_route *route, const struct ctl_nl_route *msg)
{
	bool is_local = route->table == RT_TABLE_LOCAL;

	if (route->table != msg->table)
		return is_local ? -1 : 1;
	if (route->tos != msg->tos)
		return route->tos > msg->tos ? -1 : 1;
	if (route->metric != msg->metric)
		return route->metric < msg->metric ? -1 : 1;
	return 0;
}

/*
 * Where a route goes among its equals: behind them when it was appended, before them otherwise.
 * A dump tells them in order: behind those that it told already.
 */
static void route_link(struct ctl_rib *rib, struct ctl_rib_route *route,
		       const struct ctl_nl_route *msg, bool dump)
{
	struct ctl_rib_route *at = route->prefix->item;
	struct ctl_rib_route *last = NULL;

	/* The item of a new prefix is the route itself. */
	if (at == route)
		return;
	while (at) {
		int order = ctl_rib_route_order(at, msg);

		if (order > 0 || (order == 0 && !msg->append && !(dump && at->gen == rib->gen)))
			break;
		last = at;
		at = at->next;
	}
	route->next = at;
	if (last)
		last->next = route;
	else
		route->prefix->item = route;
}

static void route_unlink(struct ctl_rib_route *route)
{
	struct ctl_rib_route *at = route->prefix->item;

	if (at == route) {
		route->prefix->item = route->next;
	} else {
		while (at->next != route)
			at = at->next;
		at->next = route->next;
	}
	route->next = NULL;
}

void ctl_rib_route_set(struct ctl_rib *rib, struct ctl_rib_route *route, struct ctl_rib_set *set)
{
	struct ctl_rib_set *old = route->set;

	if (old == set)
		return;
	if (old) {
		LIST_REMOVE(route, by_set);
		old->n_routes--;
	}
	LIST_INSERT_HEAD(&set->routes, route, by_set);
	set->n_routes++;
	route->set = set;
	ctl_rib_fib_refresh(rib, route->prefix);
	if (old)
		ctl_rib_set_put(rib, old);
}

static void route_free(struct ctl_rib *rib, struct ctl_rib_route *route)
{
	struct ctl_rib_set *set = route->set;

	TAILQ_REMOVE(queue_of(rib, route), route, by_gen);
	if (route->source)
		ctl_rib_source_put(rib, route->source);
	LIST_REMOVE(route, by_set);
	set->n_routes--;
	rib->n_routes--;
	free(route);
	ctl_rib_set_put(rib, set);
}

void ctl_rib_route_delete(struct ctl_rib *rib, struct ctl_rib_route *route)
{
	struct ctl_trie_node *prefix = route->prefix;

	route_unlink(route);
	if (prefix->item)
		ctl_rib_fib_refresh(rib, prefix);
	else
		ctl_rib_fib_remove(rib, prefix);
	route_free(rib, route);
}

static bool route_is_same(const struct ctl_rib_route *route, const struct ctl_nl_route *msg,
			  const struct ctl_rib_set *set)
{
	struct ctl_addr none = { .family = AF_UNSPEC };
	const struct ctl_addr *source = route->source ? &route->source->addr : &none;

	/* The type of a route over an object is the object's. */
	return (route->type == msg->type || set->nexthop) && route->protocol == msg->protocol &&
	       route->scope == msg->scope && ctl_addr_equal(source, &msg->prefsrc) &&
	       ctl_rib_set_is_same(route->set, set);
}

static struct ctl_rib_route *first_equal(const struct ctl_trie_node *prefix,
					 const struct ctl_nl_route *msg)
{
	struct ctl_rib_route *route = prefix ? prefix->item : NULL;

	while (route && ctl_rib_route_order(route, msg) != 0)
		route = route->next;
	return route;
}

static struct ctl_rib_route *find_same(const struct ctl_trie_node *prefix,
				       const struct ctl_nl_route *msg,
				       const struct ctl_rib_set *set)
{
	struct ctl_rib_route *route = first_equal(prefix, msg);

	while (route && ctl_rib_route_order(route, msg) == 0) {
		if (route_is_same(route, msg, set))
			return route;
		route = route->next;
	}
	return NULL;
}

static struct ctl_rib_route *route_create(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	struct ctl_rib_route *route = calloc(1, sizeof(*route));

	if (!route)
		return NULL;
	route->prefix = ctl_trie_insert(&rib->routes, &msg->prefix, msg->depth, route);
	if (!route->prefix) {
		free(route);
		return NULL;
	}
	route->gen = rib->gen;
	route->audit = rib->audit;
	route->metric = msg->metric;
	route->tos = msg->tos;
	route->table = (uint8_t)msg->table;
	TAILQ_INSERT_TAIL(&rib->seen, route, by_gen);
	rib->n_routes++;
	return route;
}

static void route_fill(struct ctl_rib *rib, struct ctl_rib_route *route,
		       const struct ctl_nl_route *msg)
{
	struct ctl_rib_source *old = route->source;

	route->type = msg->type;
	route->protocol = msg->protocol;
	route->scope = msg->scope;
	route->source = NULL;
	if (msg->prefsrc.family != AF_UNSPEC) {
		route->source = ctl_rib_source_get(rib, &msg->prefsrc);
		if (!route->source)
			rib->suspect = true;
	}
	if (old)
		ctl_rib_source_put(rib, old);
}

static int route_add(struct ctl_rib *rib, const struct ctl_nl_route *msg, struct ctl_rib_set *set,
		     bool dump)
{
	struct ctl_rib_route *route = route_create(rib, msg);

	if (!route)
		return -ENOMEM;
	route_link(rib, route, msg, dump);
	route_fill(rib, route, msg);
	ctl_rib_route_set(rib, route, set);
	return 0;
}

/* A route that is there already, or is replaced. In a dump it takes the place that it has there. */
static void route_update(struct ctl_rib *rib, struct ctl_rib_route *route,
			 const struct ctl_nl_route *msg, struct ctl_rib_set *set, bool dump)
{
	const void *preferred = route->prefix->item;
	bool has_rivals = route->next || preferred != route;

	if (dump && route->gen != rib->gen && has_rivals) {
		route_unlink(route);
		route_link(rib, route, msg, true);
	}
	route_mark_seen(rib, route);
	route_fill(rib, route, msg);
	ctl_rib_route_set(rib, route, set);
	if (route->prefix->item != preferred)
		ctl_rib_fib_refresh(rib, route->prefix);
}

static int route_learn(struct ctl_rib *rib, const struct ctl_nl_route *msg, bool dump)
{
	const struct ctl_trie_node *prefix = ctl_trie_find(&rib->routes, &msg->prefix, msg->depth);
	struct ctl_rib_set *set = ctl_rib_route_set_of(rib, msg);
	struct ctl_rib_route *route;
	int rc = 0;

	if (!set)
		return -ENOMEM;
	set->pins++;
	route = find_same(prefix, msg, set);
	if (!route && msg->replace && !dump)
		route = first_equal(prefix, msg);
	if (route)
		route_update(rib, route, msg, set, dump);
	else
		rc = route_add(rib, msg, set, dump);
	set->pins--;
	ctl_rib_set_put(rib, set);
	return rc;
}

/*
 * Without one that is the same the only one of this table, TOS and metric is meant. Several mean
 * that something was missed.
 */
static int route_forget(struct ctl_rib *rib, const struct ctl_nl_route *msg)
{
	struct ctl_trie_node *prefix = ctl_trie_find(&rib->routes, &msg->prefix, msg->depth);
	struct ctl_rib_route *route = first_equal(prefix, msg);
	struct ctl_rib_route *same;
	struct ctl_rib_set *set;

	if (!route)
		return 0;
	set = ctl_rib_route_set_of(rib, msg);
	if (!set)
		return -ENOMEM;
	set->pins++;
	same = find_same(prefix, msg, set);
	if (same)
		ctl_rib_route_delete(rib, same);
	else if (!route->next || ctl_rib_route_order(route->next, msg) != 0)
		ctl_rib_route_delete(rib, route);
	else
		rib->suspect = true;
	set->pins--;
	ctl_rib_set_put(rib, set);
	return 0;
}

/*
 * The local route of an address is the last that goes with it (fib_del_ifaddr()). Routes that
 * prefer it as their source go as well, silently, unless it is local by another route.
 */
static void source_gone(struct ctl_rib *rib, const struct ctl_addr *addr)
{
	const struct ctl_trie_node *cover = ctl_trie_match(&rib->routes, addr);
	const struct ctl_rib_route *route = cover ? cover->item : NULL;

	if ((!route || route->type != RTN_LOCAL) && !ctl_rib_addr_is_local(rib, addr))
		ctl_rib_purge_source(rib, addr);
}

bool ctl_rib_route_is_followed(const struct ctl_nl_route *msg)
{
	enum ctl_rib_kind kind;

	return (msg->table == RT_TABLE_MAIN || msg->table == RT_TABLE_LOCAL) &&
	       ctl_rib_route_kind(msg->type, &kind);
}

int ctl_rib_apply_route(struct ctl_rib *rib, const struct ctl_nl_route *msg, bool dump)
{
	const struct ctl_diff_key key = { .kind = CTL_DIFF_ROUTE,
					  .addr = msg->prefix,
					  .depth = msg->depth };
	int rc;

	if (!ctl_rib_route_is_followed(msg))
		return -ENOMSG;
	ctl_diffs_touch(&rib->diffs, &key);
	rc = msg->removed ? route_forget(rib, msg) : route_learn(rib, msg, dump);
	if (rc < 0)
		rib->suspect = true;
	if (msg->removed && msg->type == RTN_LOCAL && msg->depth == 32)
		source_gone(rib, &msg->prefix);
	return rc;
}

void ctl_rib_route_sync_begin(struct ctl_rib *rib)
{
	TAILQ_CONCAT(&rib->unseen, &rib->seen, by_gen);
}

void ctl_rib_route_sweep(struct ctl_rib *rib)
{
	while (!TAILQ_EMPTY(&rib->unseen)) {
		ctl_rib_route_delete(rib, TAILQ_FIRST(&rib->unseen));
		rib->swept++;
	}
}

void ctl_rib_route_clear(struct ctl_rib *rib)
{
	ctl_rib_route_sync_begin(rib);
	rib->gen++;
	ctl_rib_route_sweep(rib);
}
